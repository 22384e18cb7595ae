"""The Meltano SDK's own tap suite on any executable: SUITE_TAP names it, SUITE_CONFIG its config file.

Each stream that it discovers becomes a stream of the SDK whose records are those that the executable prints for it.
"""

import json
import os
import subprocess

from singer_sdk import Stream, Tap
from singer_sdk.testing import get_tap_test_class

TAP = os.environ["SUITE_TAP"]
CONFIG = os.environ["SUITE_CONFIG"]


def call(*args):
    return subprocess.run([TAP, *args], check=True, capture_output=True, text=True).stdout


class ExecutableStream(Stream):
    def __init__(self, tap, entry):
        super().__init__(tap, name=entry["stream"], schema=entry["schema"])
        self.entry = entry
        self.primary_keys = entry.get("key_properties") or []

    def get_records(self, context):
        root = {"breadcrumb": [], "metadata": {"selected": True}}
        rest = [item for item in self.entry["metadata"] if item["breadcrumb"]]
        catalog = os.path.join(os.environ["SUITE_FOLDER"], f"{self.name}.catalog.json")
        with open(catalog, "w", encoding="utf-8") as file:
            json.dump({"streams": [{**self.entry, "metadata": [root, *rest]}]}, file)
        for line in call("--config", CONFIG, "--catalog", catalog).splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                assert message["stream"] == self.name
                yield message["record"]


class ExecutableTap(Tap):
    name = os.path.basename(TAP)
    config_jsonschema = {"type": "object", "properties": {}}

    def discover_streams(self):
        catalog = json.loads(call("--config", CONFIG, "--discover"))
        return [ExecutableStream(self, entry) for entry in catalog["streams"]]

    @classmethod
    def print_version(cls, print_fn=print):
        print_fn(call("--version"))

    @classmethod
    def print_about(cls, output_format=None):
        formats = ["--format", str(getattr(output_format, "value", output_format))] if output_format else []
        print(call("--about", *formats))


TestTap = get_tap_test_class(ExecutableTap, config={})
