"""Makes the source: the table public.data of the database TAP_POSTGRES_URL, filled from a CSV file."""
import os
import sys

import psycopg2

TABLE = """
DROP TABLE IF EXISTS public.data;
CREATE TABLE public.data (
  timestamp timestamp PRIMARY KEY,
  wind_speed double precision,
  power double precision,
  ambient_temprature double precision
)"""

connection = psycopg2.connect(os.environ["TAP_POSTGRES_URL"])
with connection, connection.cursor() as cursor, open(sys.argv[1], encoding="utf-8") as file:
    cursor.execute(TABLE)
    cursor.copy_expert("COPY public.data FROM STDIN (FORMAT csv, HEADER)", file)
connection.close()
