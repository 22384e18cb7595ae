import type { Run } from '../../../singer/tap/index.ts';
import { Out } from '../../../singer/tap/index.ts';
import { LINE, MISFITS, ROW_HASH } from '../columns.ts';
import { addAsides } from '../delimited.ts';
import type { Entry } from '../entries.ts';
import { HEADER_BYTES, USUAL } from '../format.ts';
import type { Group, Part } from '../groups.ts';
import { fileMembers, layoutOf } from '../layout.ts';
import type { MadeColumns } from '../made-columns.ts';
import type { OpenedFile } from '../opened.ts';
import { openWithHeader } from '../opened.ts';
import { readRows } from '../reader.ts';
import { startOf } from '../resume.ts';
import { StreamColumns } from '../stream-columns.ts';
import { declaredTypes, keepsMisfits, plainType } from '../types/column-type.ts';
import type { StreamTypes } from '../types/survey.ts';
import { offsetsOf, TypeSurvey } from '../types/survey.ts';
import type { FileFacts, Finding, StreamFacts } from './facts.ts';
import { CheckJudge } from './judge.ts';
import type { CellReading } from './tally.ts';
import { dataProblems, limitProblem, rateProblem, rowsText, SILENT, told } from './problems.ts';
import { ColumnTally, KeyTally, rateOf } from './tally.ts';

const NO_CONSTANTS: ReadonlyMap<string, string> = new Map();

interface Examination {
  readonly group: Group;
  readonly run: Run;
  readonly types: StreamTypes;
  readonly columns: ReadonlyMap<string, ColumnTally>;
  readonly key: KeyTally | undefined;
  /** Columns of the first file. */
  readonly base: readonly string[];
  readonly made: ReadonlySet<string>;
  /** By file, the values of the path columns; none for a file whose path does not fit. */
  readonly constants: ReadonlyMap<Part, ReadonlyMap<string, string>>;
}

/** Reads the files of a stream whole, and sends nothing. Throws SystemError for a file that may not be read. */
export async function examine(group: Group, { made, constantsOf }: MadeColumns, run: Run): Promise<StreamFacts> {
  const { name, entries, parts } = group;
  const keys = entries[0]!.keys;
  addAsides(made, entries);
  const columns = new StreamColumns(name, keys, made, SILENT);
  const survey = new TypeSurvey(name, entries, parts.length);
  const problems: string[] = [];
  const sound = new Map<Part, OpenedFile | undefined>();
  const constants = new Map<Part, ReadonlyMap<string, string>>();
  for (const part of parts) {
    try {
      const opened = await open(part, made, run, HEADER_BYTES);
      sound.set(part, part.file.regular ? undefined : opened);
      columns.add(part.file.key, part.entry, opened.header);
      await survey.sample(part.entry, opened);
      if (part.file.regular) await opened.close();
      constants.set(part, constantsOf(part));
    } catch (error) {
      problems.push(told(error));
    }
  }
  try {
    columns.end();
  } catch (error) {
    problems.push(told(error));
  }
  const key = keys.length === 0 || keys.includes(ROW_HASH) ? undefined : new KeyTally(keys);
  const tallies = new Map([...columns.names].map((column) => [column, new ColumnTally()]));
  const types = survey.end(columns.names, SILENT);
  const examination = { group, run, types, columns: tallies, key, made, constants };
  const files: FileFacts[] = [];
  let base: readonly string[] | undefined;
  let malformed = 0;
  for (const [part, held] of sound) {
    const opened = held ?? (await open(part, made, run, USUAL.windowBytes));
    try {
      const names = (opened.header?.columns ?? []).filter((column) => column !== undefined);
      if (names.length > 0) base ??= names;
      const judge = new CheckJudge(part.entry);
      const facts = await examineFile({ ...examination, base: base ?? [] }, part, opened, judge, problems);
      files.push(facts);
      malformed += judge.malformedRows;
      problems.push(...problemsOf(facts, part.entry, judge.malformedRows));
    } finally {
      await opened.close();
    }
  }
  problems.push(...limitProblem(entries, malformed), ...dataProblems(key?.facts));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { stream: name, rows, files, columns: columnFacts(examination), key: key?.facts, problems };
}

function open(part: Part, reserved: ReadonlySet<string>, run: Run, windowBytes: number): Promise<OpenedFile> {
  return openWithHeader(part.file, { entry: part.entry, reserved, windowBytes, signal: run.signal });
}

async function examineFile(
  examination: Examination,
  part: Part,
  opened: OpenedFile,
  judge: CheckJudge,
  problems: string[],
): Promise<FileFacts> {
  const { file, entry } = part;
  const { types, columns, key, base, group, run } = examination;
  const header = opened.header?.columns ?? [];
  const keys = group.entries[0]!.keys;
  const layout = layoutOf({
    header,
    cells: await types.writers(entry, header, keys),
    extraCells: [],
    keys,
    columns: [...columns.keys(), MISFITS],
    key: file.key,
    mtime: opened.mtime,
    made: new Set(keepsMisfits(entry) ? [MISFITS] : []),
    constants: NO_CONSTANTS,
    head: Buffer.alloc(0),
    tail: Buffer.from('\n'),
  });
  const readings = await readingsOf(entry, header, types);
  const tallies = header.map((column) => (column === undefined ? undefined : columns.get(column)));
  const keyCells = keys.filter((column) => !examination.made.has(column)).map((column) => header.indexOf(column));
  const madeKey = madeKeyOf(keys, examination, part, opened.mtime);
  const hasKey = key !== undefined && !keyCells.includes(-1);
  let rows = 0;
  const out = new Out(USUAL.batchBytes, USUAL.slackBytes);
  const job = {
    file,
    entry,
    opened,
    start: startOf(opened),
    layout,
    policy: judge,
    limit: Number.MAX_SAFE_INTEGER,
    fastLane: false,
    log: SILENT,
    onRow(row: RowOf, line: number): void {
      for (let cell = 0; cell < tallies.length; cell++) {
        const tally = tallies[cell];
        if (tally === undefined) continue;
        if (cell >= row.cells) tally.absent(1);
        else tally.add(row.bytes, cell === 0 ? 0 : row.ends[cell - 1]!, row.ends[cell]!, readings[cell]!, row.quoted[cell] === 1);
      }
      if (hasKey) key.add(row, keyCells, file.key, line, madeKey(line));
    },
  };
  try {
    for await (const state of readRows(job, out)) {
      rows = state.rows;
      out.take();
      run.signal.throwIfAborted();
    }
  } catch (error) {
    problems.push(told(error));
  }
  rows += out.records;
  for (const [column, tally] of columns) if (!header.includes(column)) tally.absent(rows);
  if (key !== undefined) for (const finding of judge.findings) if (finding.reason === 'null-key') key.nulls += finding.rows;
  return fileFacts(opened, part, base, { rows, findings: judge.findings });
}

/** The text of the part of a row's key that the tap itself makes, by the row's line. */
function madeKeyOf(
  keys: readonly string[],
  { made, constants }: Pick<Examination, 'made' | 'constants'>,
  part: Part,
  mtime: string,
): (line: number) => Buffer {
  const members = fileMembers({ key: part.file.key, mtime, constants: constants.get(part) ?? NO_CONSTANTS });
  const text = JSON.stringify(members.filter(([name]) => made.has(name) && keys.includes(name)));
  const constant = Buffer.from(text);
  return made.has(LINE) && keys.includes(LINE) ? (line) => Buffer.from(`${text}${line}`) : () => constant;
}

type RowOf = Parameters<KeyTally['add']>[0];

async function readingsOf(entry: Entry, header: readonly (string | undefined)[], types: StreamTypes): Promise<CellReading[]> {
  const declared = declaredTypes(entry);
  return Promise.all(
    header.map(async (column): Promise<CellReading> => {
      const type = declared.get(column ?? '') ?? plainType(types.of(column ?? ''), entry);
      const isText = type.name === 'string';
      const emptyIsNull = !isText || entry.empty_as_null;
      return { isText, emptyIsNull, nullValues: new Set(type.nullValues), offsets: await offsetsOf(type.zone) };
    }),
  );
}

function fileFacts(
  opened: OpenedFile,
  { file, entry }: Part,
  base: readonly string[],
  read: { readonly rows: number; readonly findings: readonly Finding[] },
): FileFacts {
  const { dialect, header } = opened;
  const names = (header?.columns ?? []).filter((column) => column !== undefined);
  const shared = base.filter((column) => names.includes(column));
  return {
    file: file.key,
    encoding: opened.verdicts.encoding?.encoding ?? entry.encoding,
    dialect: {
      delimiter: dialect.delimiter.toString(),
      quotechar: dialect.quote?.toString() ?? null,
      escapechar: dialect.escape?.toString() ?? null,
    },
    first_row_line: opened.line,
    columns: header?.columns.length ?? 0,
    renamed: header?.renamed ?? [],
    duplicate_headers: header?.duplicates.filter((name) => name !== '') ?? [],
    missing_columns: names.length === 0 ? [] : base.filter((column) => !names.includes(column)),
    extra_columns: names.filter((column) => !base.includes(column)),
    other_order: names.filter((column) => base.includes(column)).some((column, index) => column !== shared[index]),
    ...read,
  };
}

function columnFacts({ columns, types }: Pick<Examination, 'columns' | 'types'>): StreamFacts['columns'] {
  return [...columns].map(([name, tally]) => ({
    name,
    type: types.of(name),
    inferred: tally.evidence.type,
    null_rate: rateOf(tally.nulls, tally.cells),
    empty_rate: rateOf(tally.empties, tally.cells),
  }));
}

function problemsOf(facts: FileFacts, entry: Entry, malformed: number): string[] {
  const ending = facts.findings.filter((finding) => finding.fate === 'ends the run');
  const problems = ending.map(
    ({ message, rows, lines, column }) =>
      `${facts.file}, line ${lines[0]}: ${message}${column === undefined ? '' : ` (${column})`}, ${rowsText(rows)}`,
  );
  return [...problems, ...rateProblem(facts, entry, malformed)];
}
