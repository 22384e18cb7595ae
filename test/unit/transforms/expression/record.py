"""Fills golden.json with what Python makes of its expressions: `python record.py`, with singer-sdk installed (it brings simpleeval)."""

import datetime
import importlib.metadata
import json
import pathlib
import platform

from singer_sdk.mapper import CustomStreamMap

FILE = pathlib.Path(__file__).with_name("golden.json")


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def main():
    golden = json.loads(FILE.read_text())
    record = golden["record"]
    config = golden["config"]
    schema = {"type": "object", "properties": {name: {} for name in record}}
    mapper = CustomStreamMap(
        stream_alias="s", map_config=config, faker_config={}, raw_schema=schema, key_properties=[],
        map_transform={}, flattening_options=None, stream_name="s",
    )
    import ast

    cases = {}
    for expression in golden["cases"]:
        try:
            value = mapper._eval(expression, ast.parse(expression).body[0], record, None)
            cases[expression] = {"value": json.loads(json.dumps(value, default=plain))}
            cases[expression] = {"json": json.dumps(value, default=plain, ensure_ascii=False)}
        except Exception as error:
            error = error.__cause__ or error
            cases[expression] = {"error": type(error).__name__}
    golden["recorded_with"] = {
        "python": platform.python_version(),
        "simpleeval": importlib.metadata.version("simpleeval"),
        "singer-sdk": importlib.metadata.version("singer-sdk"),
    }
    golden["cases"] = cases
    FILE.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
