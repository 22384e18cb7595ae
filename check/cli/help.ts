import { WAYS, wayNames } from '../ways.ts';
import { wishNames } from './tap-sources.ts';

/** The text of `--help`. */
export function helpText(): string {
  const width = Math.max(...wayNames.map((way) => way.length)) + 2;
  const ways = wayNames.map((way) => `    ${way.padEnd(width)}${WAYS[way].kind}: ${WAYS[way].what}`);
  return `Usage:
  tapline check-tap    [OPTIONS] -- COMMAND [ARGS] --config FILE [--catalog FILE] [--state FILE]
  tapline check-mapper [OPTIONS] -- COMMAND [ARGS] --config FILE
  tapline check-target [OPTIONS] -- COMMAND [ARGS] --config FILE

Puts any Singer tap, mapper or target to the numbered statements of the Singer and Meltano contract and prints which hold.
The executable is run many times with the given config and with what each statement needs; it is judged by its
output, exit code and, with --read, its destination. Take a config with a small source or an empty destination of no value.

Each line: number, where the statement comes from, verdict, statement, reason. Where it comes from:
  S the Singer specification, M needed by Meltano, K parity with the Meltano SDK, P shell pipes, + beyond.
Exit code: 0 if no statement fails, 1 if one does, 2 if the question cannot be asked this way.

Options:
  --mark S,M         only statements from there; by default from everywhere
  --only 63,110-128  only these numbers
  --format FORMAT    text (default), json or markdown
  --timeout SECONDS  give a statement up after this time, as skipped (default 120)
  --keep             leave the folders of the checks (configs, inputs) in the folder for temporary files
  --name NAME        the plugin's name, where neither --about nor its file name tells; NAME_SETTING variables are made of it
  --secret SETTING   a setting of the config that no output may show
  --bad JSON         settings that must be refused; by default wrong types of settings that --about lists
  --set NAME=JSON    settings that make the plugin work in one way. Known ways, found by --about where it lists the names
                     that the Meltano SDK or this package use:
${ways.join('\n')}

Taps:
  --source NAME=FILE a config for a source of this kind: ${wishNames.join(', ')}.
                     By default the config given is used for all that it fits.

Targets (COMMAND is run by the shell; {run} and {stream} in it are replaced and stand in $RUN and $STREAM, too):
  {run} in a text of the config becomes a name of its own for each destination: a schema, a folder, a file. Without it,
  and without --before, everything is loaded into one place under stream names that begin with check_, and not read back.
  --before COMMAND   run before each destination is used, to make or to empty it
  --after COMMAND    run after it, to drop it
  --read COMMAND     print the rows of {stream} as JSON lines; nothing if there are none. Without it statements about what
                     is stored are skipped.

Mappers: give a config with no rules, or with rules for streams whose names do not begin with check_. Rules of the ways above are
  laid over it; keys that they need stand in $CHECK_KEY and $CHECK_OTHER_KEY.

Examples:
  tapline check-tap -- tap-csv --config csv.json
  tapline check-mapper -- transform-records --config <(echo '{"transforms": {}}')
  tapline check-target --mark S,M -- ./target.py --config target.json
  tapline check-target --before 'mkdir -p "/tmp/out/$RUN"' --read 'cat "/tmp/out/$RUN/$STREAM.jsonl" || true' \\
    -- target-jsonl --config <(echo '{"destination_path": "/tmp/out/{run}"}')
`;
}
