/** Lines that belong together, in order. Each block ends at the end of a line. */
export interface Rows {
  readonly blocks: readonly Buffer[];
  readonly rows: number;
  readonly bytes: number;
}

const NEWLINE = 0x0a;
const NOTHING: Rows = { blocks: [], rows: 0, bytes: 0 };

/** The first lines that fit into both bounds, and the rest. */
export function splitRows(all: Rows, maxRows: number, maxBytes: number): readonly [Rows, Rows] {
  if (all.rows <= maxRows && all.bytes <= maxBytes) return [all, NOTHING];
  const first: Buffer[] = [];
  let rows = 0;
  let bytes = 0;
  for (const [i, block] of all.blocks.entries()) {
    let end = 0;
    while (end < block.length && rows < maxRows) {
      const next = block.indexOf(NEWLINE, end) + 1;
      if (bytes + next > maxBytes) break;
      end = next;
      rows++;
    }
    if (end > 0) first.push(block.subarray(0, end));
    bytes += end;
    if (end === block.length) continue;
    const rest = [block.subarray(end), ...all.blocks.slice(i + 1)];
    return [
      { blocks: first, rows, bytes },
      { blocks: rest, rows: all.rows - rows, bytes: all.bytes - bytes },
    ];
  }
  return [all, NOTHING];
}
