"""Fills golden.json, grid.json and stream-maps.json with what Python makes of them: `python record.py`, with singer-sdk installed (it brings simpleeval)."""

import ast
import datetime
import importlib.metadata
import json
import logging
import pathlib
import platform

from singer_sdk.mapper import CustomStreamMap, PluginMapper

FOLDER = pathlib.Path(__file__).parent
SOURCES = {
    "python": platform.python_version(),
    "simpleeval": importlib.metadata.version("simpleeval"),
    "singer-sdk": importlib.metadata.version("singer-sdk"),
}


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def write(name, content):
    content["recorded_with"] = SOURCES
    (FOLDER / name).write_text(json.dumps(content, indent=1, ensure_ascii=False, default=plain) + "\n")


def record_expressions():
    golden = json.loads((FOLDER / "golden.json").read_text())
    record = golden["record"]
    config = golden["config"]
    schema = {"type": "object", "properties": {name: {} for name in record}}
    mapper = CustomStreamMap(
        stream_alias="s", map_config=config, faker_config={}, raw_schema=schema, key_properties=[],
        map_transform={}, flattening_options=None, stream_name="s",
    )

    def outcome(expression):
        try:
            value = mapper._eval(expression, ast.parse(expression).body[0], record, None)
            return {"json": json.dumps(value, default=plain, ensure_ascii=False)}
        except Exception as error:
            return {"error": type(error.__cause__ or error).__name__}

    golden["cases"] = {expression: outcome(expression) for expression in golden["cases"]}
    write("golden.json", golden)
    grid = json.loads((FOLDER / "grid.json").read_text())
    grid["cases"] = {expression: outcome(expression).get("json") for expression in grid["cases"]}
    write("grid.json", grid)


def record_maps():
    golden = json.loads((FOLDER / "stream-maps.json").read_text())
    for case in golden["cases"].values():
        mapper = PluginMapper(json.loads(json.dumps(case["config"])), logging.getLogger())
        streams = {}
        for stream in golden["streams"]:
            name = stream["stream"]
            mapper.register_raw_stream_schema(name, json.loads(json.dumps(stream["schema"])), stream["key_properties"])
            for one in mapper.stream_maps[name]:
                if type(one).__name__ == "RemoveRecordTransform":
                    continue
                records = [one.transform(dict(record)) for record in stream["records"] if one.get_filter_result(record)]
                keys = list(one.transformed_key_properties or [])
                streams[one.stream_alias] = {"key_properties": keys, "records": records}
        case["streams"] = streams
    write("stream-maps.json", golden)


if __name__ == "__main__":
    record_expressions()
    record_maps()
