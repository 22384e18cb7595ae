/** What Postgres writes of values that hold other values (chapters Arrays, Composite Types and Range Types of the manual). */

/** A value inside of another: its text, null for NULL. */
export type Inner = string | null;

export type Nested = Inner | readonly Nested[];

export interface RangeText {
  /** Null: the range has no such end. */
  readonly lower: Inner;
  readonly upper: Inner;
  readonly lowerInc: boolean;
  readonly upperInc: boolean;
  readonly empty: boolean;
}

const EMPTY: RangeText = { lower: null, upper: null, lowerInc: false, upperInc: false, empty: true };

/** Reads one literal from left to right. The texts come from the server: what is not as expected throws SyntaxError. */
class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get next(): string | undefined {
    return this.text[this.at];
  }

  /** Takes this text if it comes next. */
  takes(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw new SyntaxError(`${text} is missing`);
  }

  end(): void {
    if (this.at < this.text.length) throw new SyntaxError('The literal has ended before its text');
  }

  /** Text up to one of these characters, the parts in double quotes without them; undefined if there is none at all. */
  word(stops: string): string | undefined {
    let word: string | undefined;
    for (let from = this.at; ; from = this.at) {
      while (this.at < this.text.length && this.next !== '"' && !stops.includes(this.next!)) this.at++;
      if (this.at > from) word = (word ?? '') + this.text.slice(from, this.at);
      if (this.next !== '"') return word;
      word = (word ?? '') + this.#quoted();
    }
  }

  /** Inside of quotes a backslash stands before what is meant as it is, and so does a quote before a quote. */
  #quoted(): string {
    let text = '';
    for (let from = ++this.at; ; from = this.at) {
      while (this.next !== '"' && this.next !== '\\' && this.next !== undefined) this.at++;
      text += this.text.slice(from, this.at);
      const mark = this.text[this.at++];
      if (mark === undefined) throw new SyntaxError('A quote is not closed');
      if (mark === '"' && this.next !== '"') return text;
      text += this.next ?? '';
      this.at++;
    }
  }
}

/** The elements of an array, in lists as deep as it has dimensions. Lower bounds are left out. */
export function arrayOf(text: string, delimiter: string): readonly Nested[] {
  const reader = new Reader(text);
  // `[0:2]={…}`: bounds that are not 1.
  if (reader.next === '[') reader.at = text.indexOf('=') + 1;
  const elements = list(reader, delimiter);
  reader.end();
  return elements;
}

function list(reader: Reader, delimiter: string): readonly Nested[] {
  reader.expect('{');
  const elements: Nested[] = [];
  if (reader.takes('}')) return elements;
  const stops = `}${delimiter}`;
  do {
    if (reader.next === '{') elements.push(list(reader, delimiter));
    else {
      const isQuoted = reader.next === '"';
      const word = reader.word(stops) ?? '';
      elements.push(!isQuoted && word === 'NULL' ? null : word);
    }
  } while (reader.takes(delimiter));
  reader.expect('}');
  return elements;
}

/** The fields of a composite; there are `count`. */
export function fieldsOf(text: string, count: number): readonly Inner[] {
  const reader = new Reader(text);
  const fields: Inner[] = [];
  reader.expect('(');
  for (let i = 0; i < count; i++) {
    if (i > 0) reader.expect(',');
    fields.push(reader.word(',)') ?? null);
  }
  reader.expect(')');
  reader.end();
  return fields;
}

export function rangeOf(text: string): RangeText {
  const reader = new Reader(text);
  const found = range(reader);
  reader.end();
  return found;
}

export function multirangeOf(text: string): readonly RangeText[] {
  const reader = new Reader(text);
  const ranges: RangeText[] = [];
  reader.expect('{');
  if (!reader.takes('}')) {
    do ranges.push(range(reader));
    while (reader.takes(','));
    reader.expect('}');
  }
  reader.end();
  return ranges;
}

function range(reader: Reader): RangeText {
  if (reader.takes('empty')) return EMPTY;
  const lowerInc = reader.takes('[');
  if (!lowerInc) reader.expect('(');
  const lower = reader.word(',') ?? null;
  reader.expect(',');
  const upper = reader.word(')]') ?? null;
  const upperInc = reader.takes(']');
  if (!upperInc) reader.expect(')');
  return { lower, upper, lowerInc, upperInc, empty: false };
}

/** The pairs of an hstore: `"a"=>"1", "b"=>NULL`. */
export function pairsOf(text: string): readonly (readonly [name: string, value: Inner])[] {
  const reader = new Reader(text);
  const pairs: [string, Inner][] = [];
  if (text === '') return pairs;
  do {
    const name = reader.word('=') ?? '';
    reader.expect('=>');
    pairs.push([name, reader.takes('NULL') ? null : (reader.word(',') ?? '')]);
  } while (reader.takes(', '));
  reader.end();
  return pairs;
}
