import type { JsonObject, JsonSchema, Log, ReadRequest, Run } from '../../../singer/tap/index.ts';
import { isJsonObject, Out, parseExact, stringifyExact } from '../../../singer/tap/index.ts';
import { LINE } from '../columns.ts';
import type { Entry } from '../entries.ts';
import { BARE, USUAL } from '../format.ts';
import type { Discovered } from '../format.ts';
import { discover } from '../formats.ts';
import type { Group, Part } from '../groups.ts';
import type { MadeColumns } from '../made-columns.ts';
import { closeAll } from '../groups.ts';
import type { ColumnFacts, FileFacts, Finding, StreamFacts } from './facts.ts';
import { ERROR_FATES } from './judge.ts';
import { dataProblems, limitProblem, rateProblem, SILENT, told } from './problems.ts';
import { KeyTally, rateOf } from './tally.ts';

interface Filled {
  values: number;
  empties: number;
}

/** Reads a stream's files of JSON lines whole, as a run would that leaves malformed lines out, and sends nothing. */
export async function examineLines(group: Group, own: MadeColumns, run: Run): Promise<StreamFacts> {
  const { name, entries } = group;
  const keys = entries[0]!.keys;
  const tolerant = tolerantOf(group);
  const problems: string[] = [];
  const key = keys.length === 0 ? undefined : new KeyTally(keys);
  const files: FileFacts[] = [];
  const filled = new Map<string, Filled>();
  const made = own.made.add(LINE);
  let schema: JsonSchema = {};
  let malformed = 0;
  try {
    const discovered = await discover({ ...own, group: tolerant, run, tuning: USUAL });
    schema = discovered.schema;
    for (const [index, part] of tolerant.parts.entries()) {
      const errors = { rows: 0 };
      const { entry } = group.parts[index]!;
      const facts = await examineFile({ discovered, part, entry, made, run, key, keys, filled, errors, problems });
      files.push(facts);
      malformed += errors.rows;
      if (entry.on_error === 'fail' && errors.rows > 0) {
        for (const { message, lines } of facts.findings.filter((finding) => finding.fate === 'ends the run')) {
          problems.push(`${facts.file}, line ${lines[0]}: ${message}`);
        }
      }
      problems.push(...rateProblem(facts, entry, errors.rows));
    }
  } catch (error) {
    problems.push(told(error));
  } finally {
    await closeAll(tolerant.parts);
  }
  problems.push(...limitProblem(entries, malformed), ...dataProblems(key?.facts));
  // What the tap adds itself says nothing of the files.
  const columns = Object.entries(propertiesOf(schema)).filter(([column]) => !made.has(column));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { stream: name, rows, files, columns: columnFacts(columns, filled, rows), key: key?.facts, problems };
}

/** The stream with malformed lines left out. */
function tolerantOf(group: Group): Group {
  const entries = new Map(
    group.entries.map((entry): [Entry, Entry] => [
      entry,
      { ...entry, on_error: 'skip', max_errors: undefined, max_error_rate: undefined, mode: 'mtime' },
    ]),
  );
  const parts = group.parts.map((part): Part => ({ ...part, entry: entries.get(part.entry) ?? part.entry }));
  return { ...group, entries: [...entries.values()], parts };
}

interface FileJob {
  readonly discovered: Discovered;
  readonly part: Part;
  /** As configured. */
  readonly entry: Entry;
  readonly made: ReadonlySet<string>;
  readonly run: Run;
  readonly key: KeyTally | undefined;
  readonly keys: readonly string[];
  readonly filled: Map<string, Filled>;
  readonly errors: { rows: number };
  readonly problems: string[];
}

async function examineFile(job: FileJob): Promise<FileFacts> {
  const { discovered, part, entry, run, errors } = job;
  const { file } = part;
  const findings: Finding[] = [];
  const { schema } = discovered;
  const request: ReadRequest = {
    method: 'FULL_TABLE',
    replicationKey: undefined,
    bookmark: undefined,
    keys: job.keys,
    schema,
    columns: Object.keys(propertiesOf(schema)),
    whole: false,
    versioned: false,
    limit: undefined,
    envelope: () => BARE,
    signal: run.signal,
    log: noting(findings, entry),
  };
  const out = new Out(USUAL.batchBytes, USUAL.slackBytes);
  let rows = 0;
  const take = (): void => {
    const { bytes, records } = out.take();
    rows += records;
    for (const line of bytes.toString().split('\n')) if (line !== '') tally(job, parseExact(line) as JsonObject);
    run.signal.throwIfAborted();
  };
  try {
    const wanted = { part, prior: undefined, request, left: Number.MAX_SAFE_INTEGER, rejects: new Map(), errors };
    for await (const _ of discovered.readFile(wanted, out)) take();
  } catch (error) {
    job.problems.push(told(error));
  }
  take();
  return {
    file: file.key,
    encoding: entry.encoding,
    dialect: null,
    first_row_line: 1,
    columns: request.columns.filter((column) => !job.made.has(column)).length,
    renamed: [],
    duplicate_headers: [],
    missing_columns: [],
    extra_columns: [],
    other_order: false,
    rows,
    findings,
  };
}

function tally({ key, keys, filled, part }: FileJob, record: JsonObject): void {
  for (const [name, value] of Object.entries(record)) {
    let column = filled.get(name);
    if (column === undefined) filled.set(name, (column = { values: 0, empties: 0 }));
    if (value !== null) column.values++;
    if (value === '') column.empties++;
  }
  if (key === undefined) return;
  const values = keys.map((name) => record[name] ?? null);
  if (values.includes(null)) key.nulls++;
  key.addText(Buffer.from(stringifyExact(values)), part.file.key, Number(record[LINE]));
}

/** Makes findings of what a run would warn of. */
function noting(findings: Finding[], entry: Entry): Log {
  return {
    ...SILENT,
    warn(message, fields = {}) {
      const { rows, first_line: line, property } = fields;
      const malformed = message.startsWith('Malformed');
      findings.push({
        reason: malformed ? 'malformed' : 'odd',
        message,
        ...(typeof property === 'string' ? { column: property } : {}),
        rows: typeof rows === 'number' ? rows : 1,
        lines: typeof line === 'number' ? [line] : [],
        fate: malformed ? ERROR_FATES[entry.on_error] : 'sent',
      });
    },
  };
}

function columnFacts(
  columns: readonly (readonly [string, unknown])[],
  filled: ReadonlyMap<string, Filled>,
  rows: number,
): ColumnFacts[] {
  return columns.map(([name, property]) => {
    const type = typeText(property);
    const { values = 0, empties = 0 } = filled.get(name) ?? {};
    return { name, type, inferred: type, null_rate: rateOf(rows - values, rows), empty_rate: rateOf(empties, rows) };
  });
}

function propertiesOf(schema: JsonSchema): JsonObject {
  const properties = schema['properties'] as JsonObject | undefined;
  return properties ?? {};
}

function typeText(schema: unknown): string {
  const type = isJsonObject(schema) ? schema['type'] : undefined;
  const types = Array.isArray(type) ? type.filter((name) => name !== 'null') : [type];
  return types.map((name) => (typeof name === 'string' ? name : 'any')).join(' or ') || 'null';
}
