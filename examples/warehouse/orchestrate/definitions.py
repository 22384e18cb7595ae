"""The warehouse as assets of Dagster: what Meltano loads, what dbt builds of it, and a chart; all of it each morning.

`dagster dev -f orchestrate/definitions.py` shows them in the browser. Meltano and dbt are called as commands: whatever a shell can run,
an asset can.
"""

import base64
import os
import subprocess
from collections import deque
from pathlib import Path

import dagster as dg
import matplotlib
import psycopg2

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

PROJECT = Path(__file__).resolve().parent.parent
DBT = ("dbt", "--no-use-colors", "build", "--project-dir", "transform", "--profiles-dir", "transform")
CHART = PROJECT / "output" / "release_types.png"


def run(context: dg.AssetExecutionContext, *command: str) -> None:
    """Runs a command in the project's folder; each line of what it says becomes a line of the run's log.

    Raises dagster.Failure, with its exit code and last lines, when it fails: the assets that need this one are then not made.
    """
    with subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, "NO_COLOR": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        last = deque(maxlen=20)
        for line in process.stdout:
            context.log.info(line.rstrip())
            last.append(line)
    if process.returncode != 0:
        raise dg.Failure(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(last)}")


@dg.asset(group_name="ingestion", description="Releases of GitHub repositories")
def releases(context: dg.AssetExecutionContext) -> None:
    run(context, "meltano", "run", "releases-warehouse")


@dg.asset(group_name="ingestion", description="Resale prices: rows that are new or have changed since the last run")
def resale_flat_prices(context: dg.AssetExecutionContext) -> None:
    run(context, "meltano", "run", "resale-warehouse")


@dg.asset(group_name="analytics", deps=[releases, resale_flat_prices], description="All models of dbt, with their tests")
def models(context: dg.AssetExecutionContext) -> None:
    run(context, *DBT)


@dg.asset(group_name="analytics", deps=[models], description="How many releases speak of features, bugs and performance")
def release_types_chart() -> dg.MaterializeResult:
    # PGHOST, PGDATABASE and so on say where.
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT type, sum(releases)::int FROM analytics.release_types GROUP BY type ORDER BY type")
        counts = dict(cursor.fetchall())
    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.bar_label(axes.bar(counts.keys(), counts.values()))
    axes.margins(y=0.1)
    axes.set_title("Releases by what they speak of")
    axes.set_ylabel("releases")
    CHART.parent.mkdir(exist_ok=True)
    figure.savefig(CHART, dpi=120)
    pyplot.close(figure)
    image = base64.b64encode(CHART.read_bytes()).decode()
    return dg.MaterializeResult(
        metadata={**counts, "chart": dg.MetadataValue.md(f"![release types](data:image/png;base64,{image})")}
    )


ASSETS = [releases, resale_flat_prices, models, release_types_chart]

daily = dg.define_asset_job("daily", selection=ASSETS)

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[daily],
    # One process for all steps: to start one for each takes longer than most of them.
    executor=dg.in_process_executor,
    schedules=[
        dg.ScheduleDefinition(
            name="every_morning", job=daily, cron_schedule="0 6 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
        )
    ],
)
