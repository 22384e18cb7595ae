import type { Log, Out } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import type { Dialect } from './dialect.ts';
import { isFastDialect } from './dialect.ts';
import type { FastLane, FastState } from './fast.ts';
import { makeFastLane } from './fast.ts';
import type { FoundFile } from './files.ts';
import type { GeneralOptions, RowNotes } from './general.ts';
import { writeRow } from './general.ts';
import { RowHasher } from './key.ts';
import type { Layout } from './layout.ts';
import { withTail } from './layout.ts';
import type { OpenedFile } from './opened.ts';
import type { Reason, RowParser } from './parser.ts';
import type { BadRow, RowJudge } from './policy.ts';
import { REJECT_BYTES, rowError } from './policy.ts';
import type { Start } from './resume.ts';
import { positionOf } from './resume.ts';
import { RowSkipper } from './skip.ts';
import type { FileState, OpenRow } from './state.ts';

export interface RowsJob {
  readonly file: FoundFile;
  readonly entry: Entry;
  /** Stands at the first row to read: `start`, or the first row of the file when a row hash must count from there. */
  readonly opened: OpenedFile;
  readonly start: Start;
  readonly layout: Layout;
  readonly policy: RowJudge;
  /** Send no more rows than this. */
  readonly limit: number;
  /** Sees each row of the general lane that is about to be written. */
  readonly onRow?: (row: RowParser, line: number) => void;
  /** After each batch: the bytes after a record, if they must change from now on. */
  readonly newTail?: () => Buffer | undefined;
  /** False keeps every row in the general lane; for the proof that both give the same. */
  readonly fastLane: boolean;
  readonly log: Log;
}

/**
 * Reads the rows of one file into `out`. Yields how far it has come each time `out` is full, and gives it at the end.
 * Throws InputError for a malformed row when the policy says so.
 */
export async function* readRows(job: RowsJob, out: Out): AsyncGenerator<FileState, FileState> {
  const { file, entry, opened, layout, policy, start } = job;
  const { window, parser, dialect } = opened;
  const width = layout.prefixes.length;
  const hasher = layout.hash === undefined ? undefined : new RowHasher(file.key, opened.header?.columns ?? []);
  let general: GeneralOptions = {
    layout,
    emptyAsNull: entry.empty_as_null,
    removeNul: entry.nul_bytes === 'remove',
    keepSurplus: policy.keepsSurplus,
    sendNullKeys: policy.sendsNullKeys,
  };
  const fastLaneFor = (written: Layout): FastLane | undefined =>
    job.fastLane && hasher === undefined && layout.extraCells.length === 0 && isFastDialect(dialect)
      ? makeFastLane({ dialect, layout: written, emptyAsNull: entry.empty_as_null, maxFieldBytes: entry.max_field_bytes })
      : undefined;
  let runFast = fastLaneFor(layout);
  const renewTail = (): void => {
    const tail = job.newTail?.();
    if (tail === undefined) return;
    general = { ...general, layout: withTail(layout, tail) };
    runFast = fastLaneFor(general.layout);
  };
  const state: FastState = {
    at: 0,
    used: 0,
    line: window.offset === start.offset ? start.line : opened.line,
    rowsLeft: job.limit,
  };
  let rows = start.rows;
  let open = start.open;
  let blank = 0;
  /** True if the last row is not at its end yet, and is left for the next run. */
  let waiting = false;

  const position = (done: boolean): FileState => positionOf(opened, { rows, line: state.line, done, open });

  for (;;) {
    if (state.rowsLeft === 0) break;
    if (out.full) {
      yield position(false);
      renewTail();
    }
    if (window.valid < window.start) window.validate();
    if (window.start === window.end) {
      if (window.eof) break;
      await window.fill();
      window.validate();
      continue;
    }

    if (runFast !== undefined && window.start < window.valid) {
      state.at = window.start;
      state.used = out.used;
      const before = state.rowsLeft;
      const overwritten = window.bytes[window.valid]!;
      const stop = runFast(state, window.bytes, window.valid, out.bytes, out.softEnd);
      window.bytes[window.valid] = overwritten;
      window.start = state.at;
      out.used = state.used;
      const sent = before - state.rowsLeft;
      if (sent > 0 && open?.unclosed !== true) open = undefined;
      out.records += sent;
      rows += sent;
      if (stop === 'full') {
        yield position(false);
        renewTail();
        continue;
      }
      if (state.rowsLeft === 0) continue;
      if (stop === 'more' && window.valid === window.end && !window.eof) {
        await window.fill();
        window.validate();
        continue;
      }
      if (window.start === window.end) continue;
    }

    const from = window.start;
    if (!parser.parse(window.bytes, from, window.end, window.eof)) {
      await window.fill();
      window.validate();
      continue;
    }
    if (entry.mode === 'append' && (!parser.terminated || parser.problem === 'unclosed-quote')) {
      waiting = true;
      break;
    }
    const row: OpenRow = { offset: window.offset, rows, line: state.line };
    // Rows before the start are only counted, for the row hash.
    const muted = window.offset < start.offset;
    if (parser.next > window.valid && !parser.unfinished) parser.checkText(window.bytes, from);
    const bad = (reason: Reason, raw = window.bytes.subarray(from, Math.min(parser.next, from + REJECT_BYTES))): BadRow => ({
      reason,
      line: row.line,
      cell: parser.problemCell,
      byte: parser.problemAt < 0 ? -1 : row.offset + parser.problemAt - from,
      raw,
      truncated: raw.length < parser.next - from,
    });

    let send = !muted;
    if (parser.blank && (entry.skip_blank_lines || parser.cells === 0)) {
      send = false;
      if (!muted) blank++;
    } else if (parser.problem !== undefined) {
      if (parser.unfinished) await passOver(opened, dialect, bad, muted ? undefined : policy, file.key);
      else if (!muted) policy.malformed(bad(parser.problem));
      send = false;
    } else if (parser.hasNul && entry.nul_bytes === 'fail') {
      if (!muted) policy.malformed(bad('nul-byte'));
      send = false;
    } else if (parser.cells !== width) {
      if (!muted) send = policy.ragged(bad(parser.cells < width ? 'too-few-cells' : 'too-many-cells'));
      else if (policy.sendsRagged) hasher?.next(parser);
    } else if (muted) hasher?.next(parser);
    if (send && parser.hasNul && general.removeNul) policy.nulRemoved(row.line);
    if (send) {
      job.onRow?.(parser, row.line);
      const written = writeRow(general, parser, row.line, hasher?.next(parser), out);
      if (written !== undefined && 'reason' in written) {
        const { reason, cell } = written;
        policy.malformed({
          ...bad(reason),
          cell: cell + 1,
          column: layout.names[cell],
          type: reason === 'type-mismatch' ? layout.cells[cell]?.type.name : undefined,
        });
      } else {
        if (written !== undefined) note(written, layout, policy, row.line);
        rows++;
        state.rowsLeft--;
      }
    }
    window.start = parser.next;
    state.line += parser.innerLines + 1;
    if (muted || open?.unclosed === true) continue;
    if (goesOn(parser)) open = { ...row, unclosed: true };
    else open = parser.terminated ? undefined : row;
  }

  if (blank > 0) job.log.info('Empty lines and comments were passed over', { file: file.key, lines: blank });
  policy.report(rows - start.rows);
  if (waiting)
    job.log.info('The last row has no line break yet and waits for the next run', { file: file.key, line: state.line });
  return position(state.rowsLeft > 0 && !waiting);
}

/** True for a malformed row to which whatever is appended belongs, or may belong, a line break too. */
function goesOn({ problem, unfinished, terminated }: RowParser): boolean {
  return problem === 'unclosed-quote' || problem === 'dangling-escape' || (unfinished && !terminated);
}

/** Counts what was noteworthy about a row that was sent. */
function note(notes: RowNotes, layout: Layout, policy: RowJudge, line: number): void {
  for (const cell of notes.misfits) {
    const { type } = layout.cells[cell]!;
    policy.misfit(layout.names[cell]!, type, type.onMisfit === 'keep' && layout.misfits !== undefined, line);
  }
  for (const cell of notes.nullKeys) policy.nullKey(layout.names[cell]!, line);
}

const ENDLESS =
  'Repair the file: it cannot be told what belongs to the cell. If the cell is meant to be that long, raise max_field_bytes.';

/** Passes over the rest of a row with a cell that is too long. */
async function passOver(
  opened: OpenedFile,
  dialect: Dialect,
  bad: (reason: Reason, raw: Buffer) => BadRow,
  policy: RowJudge | undefined,
  key: string,
): Promise<void> {
  const { window, parser } = opened;
  const offset = window.offset;
  // The window moves on, so the beginning of the row is kept aside.
  const raw = Buffer.from(window.bytes.subarray(window.start, Math.min(window.end, window.start + REJECT_BYTES)));
  const skipper = new RowSkipper(dialect);
  window.start = parser.next;
  while (!skipper.skip(window.bytes, window.start, window.end, window.eof)) {
    window.start = skipper.next;
    await window.fill();
  }
  parser.next = skipper.next;
  parser.terminated = skipper.terminated;
  parser.innerLines += skipper.innerLines;
  const bytes = window.offset + skipper.next - window.start - offset;
  const row = {
    ...bad(skipper.unclosed ? 'unclosed-quote' : 'field-too-long', raw.subarray(0, bytes)),
    truncated: bytes > raw.length,
  };
  // The rest of the file may be rows that an open quote swallowed: only a person can tell.
  if (skipper.unclosed) throw rowError(key, row, ENDLESS);
  policy?.malformed(row);
}
