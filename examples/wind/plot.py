"""Draws the ten-minute means of TARGET_POSTGRES_URL, with the band from minimum to maximum, as a PNG.

python plot.py 2026-02-20 2026-03-02 output/wind.png
"""
import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import psycopg2

QUERY = """
SELECT d.timestamp AT TIME ZONE 'UTC', d.value
FROM wind.data d JOIN wind.signal s ON s.id = d.signal_id
WHERE s.name = %s AND d.timestamp >= %s AND d.timestamp < %s
ORDER BY 1"""
PANELS = [("wind_speed", "wind speed, m/s"), ("power", "power, kW")]

start, end, path = sys.argv[1:]
connection = psycopg2.connect(os.environ["TARGET_POSTGRES_URL"])
figure, axes = plt.subplots(len(PANELS), 1, sharex=True, figsize=(12, 6), layout="constrained")
with connection, connection.cursor() as cursor:
    cursor.execute("SET timezone = 'UTC'")
    for axis, (signal, label) in zip(axes, PANELS):
        series = {}
        for function in ("min", "mean", "max"):
            cursor.execute(QUERY, (f"{signal}_{function}", start, end))
            # A gap stays a gap: matplotlib draws no line through NaN.
            series[function] = [(at, float("nan") if value is None else value) for at, value in cursor]
        if not series["mean"]:
            sys.exit(f"There is nothing of {signal} from {start} to {end}")
        times = [at for at, _ in series["mean"]]
        axis.fill_between(times, [v for _, v in series["min"]], [v for _, v in series["max"]], alpha=0.25, linewidth=0)
        axis.plot(times, [v for _, v in series["mean"]], linewidth=1)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
connection.close()
axes[0].set_title("Ten-minute means, with minimum and maximum")
figure.savefig(path, dpi=100)
