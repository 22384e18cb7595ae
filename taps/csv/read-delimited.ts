import type { Out, ReadRequest } from '../../singer/tap/index.ts';
import { SystemError } from '../../singer/tap/index.ts';
import { ROW_HASH } from './columns.ts';
import { withFate } from './fate.ts';
import type { FoundFile } from './files.ts';
import type { Wanted } from './format.ts';
import { BARE, fileWindow } from './format.ts';
import type { Part } from './groups.ts';
import type { Header } from './header.ts';
import { layoutOf } from './layout.ts';
import { openWithHeader } from './opened.ts';
import { rejectsOf, RowPolicy } from './policy.ts';
import { readRows } from './reader.ts';
import { resumeOrTell, startOf } from './resume.ts';
import type { FileState } from './state.ts';
import { extraColumnsError } from './stream-columns.ts';
import { tailClock } from './tail-clock.ts';
import type { Reading } from './delimited.ts';

/** Reads the rows of one file from where the last run stopped; gives the file's state. Throws InputError and SystemError. */
export async function* readDelimited(reading: Reading, wanted: Wanted, out: Out): AsyncGenerator<FileState, FileState> {
  const { made, run, tuning } = reading;
  const { name } = reading.group;
  const { part, prior, request } = wanted;
  const { file, entry } = part;
  const log = request.log;
  const windowBytes = fileWindow(file, tuning);
  const options = { entry, reserved: reading.reserved, windowBytes, signal: run.signal };
  let opened = part.held ?? (await openWithHeader(file, options));
  part.held = undefined;
  try {
    let start = startOf(opened);
    if (opened.header === undefined) {
      return { size: opened.size, mtime: opened.mtime, offset: 0, hash: opened.window.digest(), rows: 0, line: 1, done: true };
    }
    const hashed = made.has(ROW_HASH) && request.columns.includes(ROW_HASH);
    if (prior !== undefined) {
      const found = await resumeOrTell(opened, prior, { rowBreak: opened.dialect.rowBreak, stream: name, part, log });
      if (found !== undefined) start = found;
      if (found === undefined || hashed || found.offset !== opened.window.offset) {
        await opened.close();
        opened = await openWithHeader(file, options);
        if (found === undefined) start = startOf(opened);
        else if (!hashed && !(await opened.window.skipTo(found.offset))) throw shrunk(file);
      }
    }
    const { header } = opened;
    if (header === undefined) throw shrunk(file);
    const envelope = request.whole ? request.envelope() : BARE;
    const layout = layoutOf({
      header: header.columns,
      cells: await reading.types.as(request.schema).writers(entry, header.columns, request.keys),
      extraCells: extraCellsOf(reading, part, header, request),
      keys: request.keys,
      columns: request.columns,
      key: file.key,
      mtime: opened.mtime,
      made,
      constants: reading.constantsOf(part),
      ...envelope,
    });
    const policy = new RowPolicy(entry, file.key, log, rejectsOf(name, entry, wanted.rejects), wanted.errors);
    log.debug('Reading a file', { stream: name, file: file.key, from: start.offset });
    const { fastLane } = tuning;
    const job = { file, entry, opened, start, layout, policy, limit: wanted.left, newTail: tailClock(request), fastLane, log };
    const state = yield* readRows(job, out);
    return await withFate(state, opened, { stream: name, file, log, onTorn: wanted.onTorn });
  } finally {
    await opened.close();
  }
}

/**
 * The cells of columns that the stream does not have, by the entry's policy: those to put into the list of surplus cells. A column
 * that came into the file after the streams were listed is told; deselected columns are no news. Throws InputError.
 */
function extraCellsOf(reading: Reading, part: Part, header: Header, request: ReadRequest): readonly number[] {
  const { file, entry } = part;
  const stream = reading.group.name;
  const unknown = header.columns.flatMap((column, cell) =>
    column === undefined || reading.columns.has(column) ? [] : [{ column, cell }],
  );
  if (entry.extra_columns === 'fail' && unknown.length > 0) {
    throw extraColumnsError(stream, [{ file: file.key, columns: unknown.map(({ column }) => column) }]);
  }
  if (entry.extra_columns === 'extra') return [...header.extraCells, ...unknown.map(({ cell }) => cell)].sort((a, b) => a - b);
  if (entry.extra_columns === 'evolve') {
    for (const { column } of unknown) {
      const facts = { stream, file: file.key, column };
      request.log.warnOnce(`${file.key}\n${column}`, 'A column is not in the catalog and is left out', facts);
    }
  }
  return header.extraCells;
}

function shrunk(file: FoundFile): SystemError {
  return new SystemError(`${file.key} became shorter while it was read`, {
    code: 'file-changed',
    facts: { file: file.key },
    hint: 'Run again when nobody writes to it.',
  });
}
