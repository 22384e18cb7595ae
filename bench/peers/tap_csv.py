"""A CSV tap on the Meltano SDK, as small as MeltanoLabs' own, which is not on the package index: a file, its header, rows as dicts."""

import csv

from singer_sdk import Stream, Tap
from singer_sdk import typing as th


class CsvStream(Stream):
    @property
    def schema(self):
        with open(self.config["path"], newline="", encoding="utf-8") as file:
            header = next(csv.reader(file))
        return th.PropertiesList(*(th.Property(name, th.StringType) for name in header)).to_dict()

    def get_records(self, context):
        with open(self.config["path"], newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


class CsvTap(Tap):
    name = "tap-csv"
    config_jsonschema = th.PropertiesList(
        th.Property("path", th.StringType, required=True),
        th.Property("entity", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self):
        return [CsvStream(self, name=self.config["entity"])]


if __name__ == "__main__":
    CsvTap.cli()
