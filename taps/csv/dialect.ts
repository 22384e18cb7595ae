/** How cells and rows are written in a file; every mark as its UTF-8 bytes. */
export interface Dialect {
  readonly delimiter: Buffer;
  /** Undefined: quotes have no meaning. */
  readonly quote: Buffer | undefined;
  readonly escape: Buffer | undefined;
  readonly doublequote: boolean;
  readonly skipInitialSpace: boolean;
  readonly strict: boolean;
  /** Drop spaces and tabs around cells, outside of quotes. */
  readonly trim: boolean;
  /** Between rows, instead of LF, CRLF or CR. */
  readonly rowBreak: Buffer | undefined;
  /** A line that begins with this is no row. */
  readonly comment: Buffer | undefined;
}

/** The dialect settings of a file entry. */
export interface DialectOptions {
  readonly delimiter: string | undefined;
  readonly quotechar: string;
  readonly escapechar: string | undefined;
  readonly doublequote: boolean;
  readonly skipinitialspace: boolean;
  readonly strict: boolean;
  readonly trim: boolean;
  readonly record_delimiter: string | undefined;
  readonly comment: string | undefined;
}

/** The value of `delimiter` and `encoding` that asks to look into each file. */
export const DETECT = 'detect';

/** `\t` arrives as two characters from many shells and YAML files. */
const DELIMITERS: Readonly<Record<string, string>> = {
  '\\t': '\t',
  tab: '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
  space: ' ',
};

/** The dialect of a file with this path. */
export function dialectOf(options: DialectOptions, path: string): Dialect {
  const delimiter = options.delimiter ?? (/\.tsv(\.(gz|zst|bz2|zip))?$/i.test(path) ? '\t' : ',');
  // An escape character equal to the quote is another way to say doublequote.
  const sameMark = options.escapechar === options.quotechar;
  return {
    delimiter: Buffer.from(DELIMITERS[delimiter] ?? delimiter),
    quote: options.quotechar ? Buffer.from(options.quotechar) : undefined,
    escape: options.escapechar && !sameMark ? Buffer.from(options.escapechar) : undefined,
    doublequote: options.doublequote || sameMark,
    skipInitialSpace: options.skipinitialspace,
    strict: options.strict,
    trim: options.trim,
    rowBreak: options.record_delimiter ? Buffer.from(unescaped(options.record_delimiter)) : undefined,
    comment: options.comment ? Buffer.from(options.comment) : undefined,
  };
}

/** Control characters may be given as in JSON. */
function unescaped(text: string): string {
  return text.replace(/\\(?:([nrt])|u([0-9a-fA-F]{4}))/g, (_, letter: string | undefined, code: string | undefined) =>
    letter === undefined ? String.fromCharCode(parseInt(code ?? '0', 16)) : { n: '\n', r: '\r', t: '\t' }[letter]!,
  );
}

/** What is wrong with the marks: the setting and why. */
export function dialectProblems(options: DialectOptions): { setting: string; message: string }[] {
  const problems: { setting: string; message: string }[] = [];
  const delimiter = options.delimiter === undefined ? ',' : (DELIMITERS[options.delimiter] ?? options.delimiter);
  if (delimiter === '') problems.push({ setting: 'delimiter', message: 'must not be empty' });
  if (/[\r\n\0]/.test(delimiter)) problems.push({ setting: 'delimiter', message: 'must not hold a line break or NUL' });
  for (const setting of ['quotechar', 'escapechar'] as const) {
    const mark = options[setting];
    if (!mark) continue;
    if (Array.from(mark).length !== 1) problems.push({ setting, message: 'must be one character' });
    else if (/[\r\n\0]/.test(mark)) problems.push({ setting, message: 'must not be a line break or NUL' });
    else if (delimiter.startsWith(mark)) problems.push({ setting, message: 'must differ from the delimiter' });
  }
  const rowBreak = options.record_delimiter ? unescaped(options.record_delimiter) : '\n';
  if (delimiter !== '' && (rowBreak.startsWith(delimiter) || delimiter.startsWith(rowBreak))) {
    problems.push({ setting: 'record_delimiter', message: 'must not begin as the delimiter does' });
  }
  if (options.record_delimiter && [options.quotechar, options.escapechar].some((mark) => mark && rowBreak.startsWith(mark))) {
    problems.push({ setting: 'record_delimiter', message: 'must not begin with the quote or escape character' });
  }
  if (options.comment !== undefined && (/[\r\n]/.test(options.comment) || options.comment.includes(rowBreak))) {
    problems.push({ setting: 'comment', message: 'must not hold a line break' });
  }
  return problems;
}

/** True if the fast lane knows this dialect: marks of one byte, quotes doubled, no escape character. */
export function isFastDialect(dialect: Dialect): boolean {
  return (
    dialect.delimiter.length === 1 &&
    (dialect.quote === undefined || (dialect.quote.length === 1 && dialect.doublequote)) &&
    dialect.escape === undefined &&
    dialect.rowBreak === undefined &&
    !dialect.trim &&
    !dialect.skipInitialSpace
  );
}
