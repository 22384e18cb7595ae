/** How cells and rows are written in a file; every mark as its UTF-8 bytes. */
export interface Dialect {
  readonly delimiter: Buffer;
  /** Undefined: quotes have no meaning. */
  readonly quote: Buffer | undefined;
  readonly escape: Buffer | undefined;
  readonly doublequote: boolean;
  readonly skipInitialSpace: boolean;
  readonly strict: boolean;
}

/** The dialect settings of a file entry. */
export interface DialectOptions {
  readonly delimiter: string | undefined;
  readonly quotechar: string;
  readonly escapechar: string | undefined;
  readonly doublequote: boolean;
  readonly skipinitialspace: boolean;
  readonly strict: boolean;
}

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
  const delimiter = options.delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ',');
  // An escape character equal to the quote is another way to say doublequote.
  const sameMark = options.escapechar === options.quotechar;
  return {
    delimiter: Buffer.from(DELIMITERS[delimiter] ?? delimiter),
    quote: options.quotechar ? Buffer.from(options.quotechar) : undefined,
    escape: options.escapechar && !sameMark ? Buffer.from(options.escapechar) : undefined,
    doublequote: options.doublequote || sameMark,
    skipInitialSpace: options.skipinitialspace,
    strict: options.strict,
  };
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
  return problems;
}

/** True if the fast lane knows this dialect: marks of one byte, quotes doubled, no escape character. */
export function isFastDialect(dialect: Dialect): boolean {
  return (
    dialect.delimiter.length === 1 &&
    (dialect.quote === undefined || (dialect.quote.length === 1 && dialect.doublequote)) &&
    dialect.escape === undefined &&
    !dialect.skipInitialSpace
  );
}
