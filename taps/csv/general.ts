import { appendJsonText, putInteger } from './json-text.ts';
import type { Layout } from './layout.ts';
import type { Out } from './out.ts';
import type { RowParser } from './parser.ts';

const QUOTE = Buffer.from('"');
const NULL = Buffer.from('null');

export interface GeneralOptions {
  readonly layout: Layout;
  readonly emptyAsNull: boolean;
  /** Takes NUL bytes out of the cells. */
  readonly removeNul: boolean;
}

/** The general lane's writer: one parsed row as a RECORD line. `hash` is the value of the row hash column, if there is one. */
export function writeRow(options: GeneralOptions, row: RowParser, line: number, hash: string | undefined, out: Out): void {
  const { layout, emptyAsNull } = options;
  const { prefixes } = layout;
  if (options.removeNul && row.hasNul) removeNul(row);
  const { bytes, ends, quoted, cells } = row;
  out.append(layout.rowHead);
  if (layout.hasLine) {
    out.ensure(20);
    out.used = putInteger(out.bytes, out.used, line);
  }
  for (let cell = 0; cell < prefixes.length; cell++) {
    const prefix = prefixes[cell];
    if (prefix === undefined) continue;
    out.append(prefix);
    const start = cell === 0 ? 0 : ends[cell - 1]!;
    const end = cell < cells ? ends[cell]! : start;
    if (cell >= cells || (emptyAsNull && end === start && quoted[cell] === 0)) {
      // In place of the opening quote.
      out.used--;
      out.append(NULL);
      continue;
    }
    appendJsonText(out, bytes, start, end);
    out.append(QUOTE);
  }
  out.append(layout.nulls);
  if (layout.extra !== undefined) {
    out.append(layout.extra);
    if (cells <= prefixes.length) out.append(NULL);
    else {
      for (let cell = prefixes.length; cell < cells; cell++) {
        out.append(cell === prefixes.length ? OPEN : NEXT);
        appendJsonText(out, bytes, ends[cell - 1]!, ends[cell]!);
      }
      out.append(CLOSE);
    }
  }
  if (layout.hash !== undefined) {
    out.append(layout.hash);
    out.append(Buffer.from(`${hash ?? ''}"`));
  }
  out.append(layout.rowEnd);
  out.records++;
}

const OPEN = Buffer.from('["');
const NEXT = Buffer.from('","');
const CLOSE = Buffer.from('"]');

/** Takes the NULs out of a parsed row in place. */
function removeNul(row: RowParser): void {
  let to = 0;
  let from = 0;
  for (let cell = 0; cell < row.cells; cell++) {
    const end = row.ends[cell]!;
    for (; from < end; from++) if (row.bytes[from] !== 0) row.bytes[to++] = row.bytes[from]!;
    row.ends[cell] = to;
  }
}
