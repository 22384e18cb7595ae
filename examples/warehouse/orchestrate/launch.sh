#!/bin/bash
# Has a running `dagster dev` run a job, and waits for its end, as a button of its page does. Exit code 1 unless the run succeeds.
#
#   orchestrate/launch.sh daily     DAGSTER_PORT says where it listens (3000)
set -euo pipefail

ask() {
  curl --silent --show-error --fail --header 'Content-Type: application/json' --data "{\"query\": \"$1\"}" \
    "http://127.0.0.1:${DAGSTER_PORT:-3000}/graphql"
}

selector="{repositoryLocationName: \\\"definitions.py\\\", repositoryName: \\\"__repository__\\\", jobName: \\\"$1\\\"}"
answer=$(ask "mutation { launchRun(executionParams: {selector: $selector}) { __typename ... on LaunchRunSuccess { run { runId } } } }")
run=$(sed -n 's/.*"runId": *"\([^"]*\)".*/\1/p' <<< "$answer")
if [ -z "$run" ]; then
  echo "The job $1 cannot be started: $answer" >&2
  exit 1
fi
until status=$(ask "{ runOrError(runId: \\\"$run\\\") { ... on Run { status } } }" | grep --only-matching 'SUCCESS\|FAILURE\|CANCELED'); do
  sleep 1
done
echo "$1: $status"
[ "$status" = SUCCESS ]
