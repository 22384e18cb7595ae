/** What a plugin is, as the statements see it. */
export type Kind = 'tap' | 'target' | 'mapper';

/** Whom a statement binds: a kind of plugin, plugins run by Meltano, or plugins joined by shell pipes. */
export type Scope = Kind | 'meltano' | 'pipe';

/**
 * Where a statement comes from: S the Singer specification, M needed by Meltano, K parity with the Meltano SDK,
 * P shell pipes, + beyond what peers do.
 */
export type Mark = 'S' | 'M' | 'K' | 'P' | '+';

/** One testable promise of the Singer and Meltano contract. */
export interface Statement {
  readonly number: number;
  readonly section: string;
  readonly appliesTo: readonly Scope[];
  readonly marks: readonly Mark[];
  readonly text: string;
}

type Line = readonly [number: number, marks: string, text: string, appliesTo?: readonly Scope[]];

interface Section {
  readonly title: string;
  readonly appliesTo: readonly Scope[];
  readonly lines: readonly Line[];
}

const ALL: readonly Scope[] = ['tap', 'mapper', 'target'];
const TAP: readonly Scope[] = ['tap'];
const TARGET: readonly Scope[] = ['target'];

const SECTIONS: readonly Section[] = [
  {
    title: 'Every plugin: command line and config',
    appliesTo: ALL,
    lines: [
      [1, 'K', '`--version` prints one line with name and version, without config'],
      [2, 'K', '`--help` prints usage, without config'],
      [
        3,
        'K',
        '`--about --format json` prints one JSON document: name, description, version, capabilities, settings as JSON Schema',
      ],
      [4, 'K', '`--about --format markdown` lists every setting; an unknown format fails'],
      [5, 'K', 'several `--config` files are merged, the later one wins per top-level key'],
      [6, 'K', '`--config ENV` reads `<PLUGIN>_<SETTING>` variables, cast by type; they win over files'],
      [7, 'K', 'without `--config` defaults apply; a needed setting that is missing is named and fails the run'],
      [8, 'K', 'a config that breaks the settings fails before stdin is read, one line per problem, no stack'],
      [9, 'M', 'an unknown setting is warned of at most once and does not stop the run'],
      [10, 'S', 'a config file that is missing, empty or not JSON fails with its path and none of its contents'],
      [11, 'M', 'runs the same through a symlink, called by absolute, relative or PATH name, from any folder'],
      [12, 'M', 'the executable has a shebang line and its run bit'],
      [13, 'S', '`-c`, `-s`, `-p`, `-d` and `--properties` mean config, state, catalog and discover', TAP],
      [14, 'P', 'an unknown flag fails and is named'],
      [15, '+', "no output of any kind holds a secret's value"],
    ],
  },
  {
    title: 'Every plugin: output, logs, exit codes',
    appliesTo: ALL,
    lines: [
      [16, 'SM', 'every stdout line of a tap or mapper is one message, of a target one state document; nothing else is there'],
      [17, 'M', 'libraries that write to the console do not reach stdout'],
      [18, 'S', 'success exits 0; any failure exits non-zero after at least one log line at error or critical level'],
      [19, 'P', '200 MB written to a slow reader arrive whole'],
      [20, 'P', 'a reader that closes early ends the run within seconds: at most one line about it, no stack, non-zero exit'],
      [21, 'P', 'a slow reader holds the source back: memory stays bounded'],
      [22, 'PM', 'SIGTERM exits 143, SIGINT 130, both together stop once, a second one stops at once'],
      [23, 'M', 'SIGTERM ends the process in time though the reader has stopped reading'],
      [24, 'M', 'a log line has at most 16 KiB and shows that it was cut'],
      [25, 'M', 'no plain log line parses as a JSON scalar or array'],
      [
        26,
        'M',
        'with `SINGER_SDK_LOG_CONFIG` naming the structured formatter every stderr line is a JSON log record with all its fields',
      ],
      [27, 'M', 'structured `extra` never holds a name that breaks the logger of Meltano'],
      [28, 'M', 'a structured failure carries type, module, message and complete frames'],
      [29, 'M', 'structured metrics have the message `METRIC` and `metric_info`'],
      [30, 'S', 'plain metrics are lines `INFO METRIC: {…}` with type, metric, value and tags'],
      [31, 'MK', 'the level of the log config, `<PLUGIN>_LOGLEVEL` or `LOGLEVEL` silences lower records'],
      [32, 'S', 'record_count is reported each minute and at the end of each stream; its values add up to the records'],
      [33, 'M', "Meltano's loader test: no output line of a good run holds the words error or exception", TARGET],
      [34, 'M', 'start-up to the first byte takes less than half a second, without network'],
    ],
  },
  {
    title: 'Tap: discovery and catalog',
    appliesTo: TAP,
    lines: [
      [35, 'S', '`--discover` prints one JSON object with `streams` and nothing else'],
      [36, 'M', 'no line of discovery reaches 64 KiB, with 5,000 columns either'],
      [37, 'M', '`--discover` with `--catalog` or `--state` discovers as without them'],
      [38, 'S', 'every discovered stream has a unique id, a name, an object schema, keys and metadata'],
      [39, 'S', 'root metadata holds inclusion, selected-by-default, keys and the choice of replication'],
      [40, 'M', 'every property at every object depth has a metadata entry with inclusion'],
      [41, 'S', 'database sources give schema, database, view flag, row count and SQL types'],
      [42, 'S', 'a field whose type cannot be read is unsupported and never emitted'],
      [43, '+', 'two discoveries of the same source are byte-identical'],
      [44, 'K', 'a catalog passed back unchanged gives the same sync as none'],
      [45, 'S', 'automatic fields are emitted though deselected'],
      [46, 'S', 'unsupported fields are not emitted though selected'],
      [47, 'K', 'a field without selection follows its parent, at the root it is selected'],
      [48, 'S', 'a deselected stream gives no SCHEMA and no RECORD'],
      [49, 'S', 'the old `selected` inside schema or stream entry counts unless metadata says otherwise'],
      [50, 'M', 'an object selected with every child deselected is emitted whole'],
      [51, 'M', 'one selected child of an object is emitted alone, in SCHEMA and RECORD alike'],
      [52, 'K', 'deselected fields are missing from `properties` and `required` of SCHEMA'],
      [53, 'K', 'keys and the replication key in use are emitted though deselected'],
      [54, 'S', 'selection reaches through `items` into arrays of objects'],
      [55, 'M', 'selection hits exactly the named field, with odd names too'],
      [56, 'SM', 'replication method: forced, then metadata, then stream entry, then default'],
      [57, 'S', 'a replication key that is not valid fails with the list of those that are'],
      [58, 'S', '`view-key-properties` and `key-properties` set the keys of SCHEMA'],
      [59, 'M', 'a schema override in the catalog reaches SCHEMA'],
      [60, '+', 'a catalog stream that the source lacks fails by name'],
      [61, '+', 'a catalog column that the source lacks is warned of and left out of SCHEMA'],
      [62, 'S', 'an empty selection exits 0 without records and loses no bookmark'],
    ],
  },
  {
    title: 'Tap: records and state',
    appliesTo: TAP,
    lines: [
      [63, 'S', 'SCHEMA comes before the first RECORD, once, and again only when it changes'],
      [64, 'S', 'a selected stream without rows still sends its SCHEMA'],
      [65, 'K', 'every RECORD validates against the last SCHEMA of its stream'],
      [66, 'S', 'every key property is a top-level property and in every RECORD'],
      [67, 'S+', 'times are RFC 3339 with a zone and say so in the schema'],
      [68, '+', 'large integers, long decimals and exponents keep their text'],
      [69, 'S', 'NaN and infinities never break strict JSON'],
      [70, 'K', 'binary is base64 and says so in the schema'],
      [71, 'S', 'NUL, lone surrogates, 4-byte characters and line separators leave each message one line of valid UTF-8'],
      [72, 'K', 'RECORDs carry `time_extracted`, not later than now'],
      [73, 'S', 'without state INCREMENTAL begins at `start_date` or the beginning'],
      [74, 'K', 'from its final state, an unchanged source gives only the documented boundary rows and the same state'],
      [75, 'K', 'of bookmark and start_date the later wins'],
      [76, 'M', 'bookmarks of unknown or unselected streams are in every STATE, untouched'],
      [77, 'P', '`--state` accepts an empty file, `{}`, `null`, a STATE message and `singer_state`'],
      [78, '+', 'state written by a peer is continued or plainly refused'],
      [79, 'K', 'a bookmark of the wrong shape is warned of and restarts that stream only'],
      [80, 'S', 'a kill after any STATE, then a run from it, loses no row'],
      [81, 'K', 'with an unsorted source no STATE points past unread rows'],
      [82, 'K', 'rows changed during the run do not push the bookmark past its start'],
      [83, '+', 'after SIGTERM the last STATE is valid and the exit code not 0'],
      [84, 'K', 'STATE is emitted at the configured count or time, not only at the end'],
      [85, '+', 'no two identical STATEs follow each other'],
      [86, 'S', 'the run begins with `currently_syncing`, and the final STATE has it cleared'],
      [87, 'K', 'FULL_TABLE with activation: versions grow, ACTIVATE_VERSION follows the last row'],
      [88, '+', 'a failed stream gives a non-zero exit and no ACTIVATE_VERSION'],
      [89, 'K', '`--test` reads at most one record per stream and emits no STATE; `--test=schema` only SCHEMAs'],
      [90, 'M', 'stdin is never read'],
      [91, '+', 'messages of one stream stay in order and a STATE covers only what was written before it'],
      [92, '+', 'HTTP failures are retried with growing waits, then told without tokens'],
      [93, 'K', '`batch_config` gives BATCH messages whose files are complete'],
    ],
  },
  {
    title: 'Mapper',
    appliesTo: ['mapper'],
    lines: [
      [94, 'S', 'without rules output equals input in meaning and order, unknown types included'],
      [95, 'S', 'STATE passes byte for byte, after all output of earlier records'],
      [96, 'K', 'SCHEMA changes with the RECORDs'],
      [97, 'K', 'a dropped or hashed key corrects key_properties or is refused at SCHEMA'],
      [98, 'K', 'a stream alias is in every message of the stream and in no bookmark'],
      [99, 'K', 'a filter that removes all rows lets SCHEMA, STATE and ACTIVATE_VERSION pass'],
      [100, 'K', 'a removed stream passes nothing; STATE passes'],
      [101, '+', 'rules apply to BATCH too'],
      [102, '+', 'numbers that no rule touches keep their text'],
      [103, '+', 'a rule for a field or stream that never comes is told'],
      [104, '+', 'pseudonyms are equal across runs and not derivable without the key'],
      [105, '+', 'no log or failure text holds an anonymized value'],
      [106, '+', 'a rule that throws never lets the clear value pass'],
      [107, 'M', "Meltano's merged mapping config is enough"],
      [108, 'K', '`--input FILE` behaves as stdin'],
      [109, '+', 'a repeated SCHEMA passes at most once or unchanged'],
    ],
  },
  {
    title: 'Target: reading',
    appliesTo: TARGET,
    lines: [
      [110, 'SP', 'any letter case of types, blank lines, CRLF, a BOM and a missing final newline are accepted'],
      [111, 'S', 'an unknown type is warned of once and skipped'],
      [112, '+', 'a line that is no message fails with its number, not its text; only what a STATE covers is kept'],
      [113, 'K', 'data before its SCHEMA fails as `RecordsWithoutSchemaException`'],
      [114, 'K', 'a RECORD without its key fails as `MissingKeyPropertiesError`, naming stream and key'],
      [115, 'K', 'key_properties missing or null means none'],
      [116, 'K', 'a schema without `properties` fails'],
      [117, 'K', 'objects and arrays without sub-schema are stored as JSON'],
      [118, 'S', 'keys or bookmark properties that the schema lacks fail at SCHEMA, by name'],
      [119, 'K', 'every way to spell a type leads to a documented column type'],
      [120, 'K', 'fields that the schema lacks are ignored with one warning each, or added, by setting'],
      [121, 'K', 'an invalid row fails with stream, path and rule but not the value'],
      [122, 'M', 'a 60 MiB line is loaded, or refused by naming the limit, with bounded memory'],
      [123, '+', 'integers above 2^53 and long decimals are stored exactly'],
      [124, 'K', 'NUL and control characters load, with the documented replacement'],
      [125, 'K', 'odd, over-long and clashing stream names get legal, unique, stable names'],
      [126, 'K', 'of one key many times upsert keeps the last, append-only keeps all'],
      [127, 'K', 'without keys rows are appended'],
      [128, 'K', '`--input FILE` behaves as stdin'],
    ],
  },
  {
    title: 'Target: schema changes',
    appliesTo: TARGET,
    lines: [
      [129, '+', 'an equal SCHEMA again changes nothing'],
      [130, '+', 'alternating SCHEMAs of many streams do not flush per message'],
      [131, 'K', 'a SCHEMA with more properties adds columns; earlier rows read null'],
      [132, 'K', 'a property that vanishes leaves its column, nullable'],
      [133, 'K', 'a widened type widens the column and never cuts a value'],
      [134, '+', 'changed keys of an existing table fail with advice unless allowed'],
    ],
  },
  {
    title: 'Target: state and durability',
    appliesTo: TARGET,
    lines: [
      [135, 'S', 'a STATE is printed only when everything before it is durable, shown by kill -9'],
      [136, '+', 'of several STATEs between commits only the newest is printed'],
      [137, '+', 'states leave within the configured age, though the input is idle'],
      [138, 'S', 'a printed state equals what came: exact numbers, key order kept'],
      [139, 'S', 'without STATE stdout stays empty'],
      [140, 'M', 'an empty or null state is not printed'],
      [141, 'S', 'a STATE before any SCHEMA is printed'],
      [142, 'K', 'printed states are a subsequence of those that came and end with the last'],
      [143, 'S', 'after a failed write no state that covers it is printed, and the exit is non-zero'],
      [144, 'P', 'with stdout closed the work is finished and committed, then the exit is non-zero'],
      [145, '+', 'SIGTERM commits or rolls back, prints what is covered, exits 143'],
      [146, 'S', 'EOF commits the rest, prints the last STATE, exits 0'],
      [147, '+', 'EOF inside a line drops the fragment and exits non-zero'],
      [148, '+', 'a dead connection is retried as a whole batch without duplicates'],
      [149, '+', 'two targets at once create one table without a race'],
      [150, '+', 'overwrite swaps once, and only when the run is proven complete'],
    ],
  },
  {
    title: 'Target: versions, deletes, metadata columns, batches',
    appliesTo: TARGET,
    lines: [
      [151, 'K', 'ACTIVATE_VERSION removes or marks rows of lower versions only'],
      [152, '+', 'ACTIVATE_VERSION twice or too early does no harm'],
      [153, 'K', 'process_activate_version_messages false ignores it'],
      [154, '+', 'rows without version in an append stream are never deleted'],
      [155, 'S', 'buffered rows keep their place around an activation'],
      [156, 'K', '`_sdc_deleted_at` in a RECORD is stored, or removes the row with hard_delete'],
      [157, 'K', 'add_record_metadata gives the `_sdc_` columns their meaning'],
      [158, 'K', 'flattening joins names to the given depth, uniquely'],
      [159, 'K', 'BATCH files of the SDK are loaded like RECORDs'],
      [160, '+', 'BATCH files of pipelinewise likewise'],
      [161, 'K', 'a BATCH that cannot be read fails with encoding and path; no later state'],
      [162, '+', 'BATCH files are not removed before the commit'],
      [163, 'M', "the schema defaults to Meltano's load schema, then the stream's, then the destination's"],
    ],
  },
  {
    title: 'With Meltano',
    appliesTo: ['meltano'],
    lines: [
      [164, 'M', "meltano.yml validates against Meltano's schema"],
      [165, 'M', '`meltano install` succeeds'],
      [166, 'M', '`meltano select --list --all` lists every property with its status'],
      [167, 'M', 'the config test of tap and target passes'],
      [168, 'M', '`meltano run` twice: the second is incremental under the expected state id'],
      [169, 'M', '`--full-refresh` gives no state and keeps the bookmarks of unselected streams'],
      [170, 'M', '`--state-strategy merge` gives what `auto` gives'],
      [171, 'M', 'a static catalog file is enough'],
      [172, 'M', 'settings by environment reach the plugin, arrays and objects too'],
      [173, 'M', 'nested settings and flat dotted keys are both accepted'],
      [174, 'M', 'a tap failure fails the run and keeps the last committed state'],
      [175, 'M', 'a target failure leaves nothing that hinders the next run'],
      [176, 'M', 'discovery of a thousand tables through Meltano neither hangs nor fails'],
      [177, 'M', 'debug level keeps logs within the rules'],
      [178, 'M', 'structured levels and metrics show as such'],
    ],
  },
  {
    title: 'Shell pipes and strangers',
    appliesTo: ['pipe'],
    lines: [
      [179, 'P', '`tap | target >> states; tail -1 states` twice is incremental'],
      [180, 'P', 'under pipefail a failure of any part fails the pipe and leaves a usable state'],
      [181, 'S', 'singer-check-tap accepts the tap without a catalog'],
      [182, 'S', 'recorded output of SDK, singer-python and pipelinewise taps loads'],
      [183, 'S', 'output of our taps loads in targets of other makers'],
      [184, 'K', 'every sample stream of the SDK target suite gives its result'],
      [185, 'K', 'the SDK tap suite passes'],
      [186, '+', 'a million records by OS pipe are faster than a Python peer, with flat memory'],
    ],
  },
];

/** All 186 statements, by number. */
export const statements: readonly Statement[] = SECTIONS.flatMap(({ title, appliesTo, lines }) =>
  lines.map(([number, marks, text, own]) => ({
    number,
    section: title,
    appliesTo: own ?? appliesTo,
    marks: marks.split('') as Mark[],
    text,
  })),
);

/** The statement of this number; throws a RangeError when there is none. */
export function statement(number: number): Statement {
  const found = statements[number - 1];
  if (found?.number !== number) throw new RangeError(`There is no statement ${number}`);
  return found;
}
