import { InputError } from '../../singer/index.ts';
import { dialectOf } from './dialect.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import type { Header } from './header.ts';
import { headerOf } from './header.ts';
import { openFile } from './open.ts';
import { RowParser } from './parser.ts';
import { rowError } from './policy.ts';
import { Window } from './window.ts';

/** A file that stands after its header. */
export interface OpenedFile {
  readonly window: Window;
  readonly parser: RowParser;
  /** Undefined for a file without a row. */
  readonly header: Header | undefined;
  /** Physical line of the first row. */
  readonly line: number;
  readonly size: number;
  readonly mtime: string;
  readonly plain: boolean;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly entry: Entry;
  /** Names the file's own columns may not have. */
  readonly reserved: ReadonlySet<string>;
  readonly windowBytes: number;
  readonly signal: AbortSignal;
}

/** Opens a file and reads its header. Throws InputError for a header that cannot be read, SystemError for a refusal. */
export async function openWithHeader(file: FoundFile, options: OpenOptions): Promise<OpenedFile> {
  const { entry } = options;
  const opened = await openFile(file, entry.encoding, options.signal);
  try {
    const window = new Window(opened.source, options.windowBytes);
    const parser = new RowParser(dialectOf(entry, file.key), entry.max_field_bytes);
    const { cells, line } = await readHeader(window, parser, file.key);
    const header = cells === undefined ? undefined : headerOf(cells, entry.duplicate_headers, options.reserved);
    if (header !== undefined && header.duplicates.length > 0 && entry.duplicate_headers === 'fail') {
      throw new InputError(`${file.key}: columns stand in the header more than once: ${header.duplicates.join(', ')}`, {
        code: 'csv-duplicate-header',
        facts: { file: file.key, columns: header.duplicates },
        hint: 'Set duplicate_headers to suffix or last, or repair the file.',
      });
    }
    return {
      window,
      parser,
      header,
      line,
      size: opened.size,
      mtime: opened.mtime,
      plain: opened.plain,
      close: () => opened.source.close(),
    };
  } catch (error) {
    await opened.source.close();
    throw error;
  }
}

async function readHeader(
  window: Window,
  parser: RowParser,
  key: string,
): Promise<{ cells: string[] | undefined; line: number }> {
  while (window.end < 3 && !window.eof) await window.fill();
  if (window.bytes[0] === 0xef && window.bytes[1] === 0xbb && window.bytes[2] === 0xbf && window.end >= 3) window.start = 3;
  let line = 1;
  for (;;) {
    if (window.start === window.end) {
      if (window.eof) return { cells: undefined, line };
      await window.fill();
      continue;
    }
    const start = window.start;
    if (!parser.parse(window.bytes, start, window.end, window.eof)) {
      await window.fill();
      continue;
    }
    if (parser.problem === undefined) parser.checkText(window.bytes, start);
    if (parser.problem === undefined && parser.hasNul) parser.problem = 'nul-byte';
    if (parser.problem !== undefined) {
      const byte = parser.problemAt < 0 ? -1 : window.offset + parser.problemAt - start;
      throw rowError(key, { reason: parser.problem, line, cell: parser.problemCell, byte });
    }
    window.start = parser.next;
    line += parser.innerLines + 1;
    if (parser.blank) continue;
    const cells = Array.from({ length: parser.cells }, (_, cell) =>
      parser.bytes.toString('utf8', cell === 0 ? 0 : parser.ends[cell - 1], parser.ends[cell]),
    );
    return { cells, line };
  }
}
