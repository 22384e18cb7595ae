import type { Dialect } from './dialect.ts';
import { detectDialect } from './detect-dialect.ts';
import { DETECT, dialectOf } from './dialect.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import { withoutFooter } from './footer.ts';
import type { Header } from './header.ts';
import { openFile } from './open.ts';
import type { Fate } from './raw.ts';
import { RowParser } from './parser.ts';
import { readHeader, skipToHeader } from './read-header.ts';
import type { Verdicts } from './verdicts.ts';
import { Window } from './window.ts';

/** A file that stands after its header. */
export interface OpenedFile {
  readonly window: Window;
  readonly parser: RowParser;
  /** As configured, or as detected in the file. */
  readonly dialect: Dialect;
  /** Undefined for a file without a row. */
  readonly header: Header | undefined;
  /** Physical line of the first row. */
  readonly line: number;
  readonly size: number;
  readonly mtime: string;
  readonly plain: boolean;
  readonly verdicts: Verdicts;
  /** Bytes replaced so far. */
  readonly badBytes: () => number;
  readonly fate: () => Promise<Fate>;
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
  const opened = await openFile(file, entry, options.signal);
  try {
    const { rowBreak } = dialectOf(entry, file.key);
    const source = entry.skip_footer > 0 ? withoutFooter(opened.source, entry.skip_footer, rowBreak) : opened.source;
    const window = new Window(source, options.windowBytes);
    const firstLine = await skipToHeader(window, entry, rowBreak);
    const detected = entry.delimiter === DETECT ? await detectDialect(window, entry, file.key) : undefined;
    const dialect = dialectOf(detected === undefined ? entry : { ...entry, ...detected }, file.key);
    const parser = new RowParser(dialect, entry.max_field_bytes);
    const place = { entry, key: file.key, reserved: options.reserved };
    const { header, line } = await readHeader(window, parser, place, firstLine);
    return {
      window,
      parser,
      dialect,
      header,
      line,
      size: opened.size,
      mtime: opened.mtime,
      plain: opened.plain,
      verdicts: { encoding: opened.verdict, dialect: detected },
      fate: opened.fate,
      badBytes: opened.badBytes,
      close: () => opened.source.close(),
    };
  } catch (error) {
    await opened.source.close();
    throw error;
  }
}
