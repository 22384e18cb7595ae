#!/usr/bin/env bash
# Loads what is new in checkins.csv into Postgres; run it as often as you like. TARGET_POSTGRES_URL says where the server is.
# The folder that holds checkins.csv is the working folder; the state is kept there, too.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
bin="$here/../../bin"

touch state.json states.jsonl
# Keep the newest state even when a part fails: all before it is in the table.
trap 'tail -n 1 states.jsonl > state.json' EXIT
"$bin/tap-csv" --config "$here/tap.json" --state state.json |
  "$bin/target-postgres" --config "$here/target.json" --config ENV >> states.jsonl
