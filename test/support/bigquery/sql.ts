import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import type { Json } from '../../../singer/index.ts';
import { canonicalText } from '../../../singer/index.ts';
import type { StoredRecord } from './load-file.ts';

/** A table as a statement sees it. */
export interface SqlTable {
  readonly fields: readonly FieldResource[];
  rows: StoredRecord[];
}

export interface Changed {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** A mistake of a statement, as BigQuery would tell it. */
export class SqlError extends Error {}

/**
 * Runs a MERGE, DELETE or UPDATE of the few forms that the target writes, and refuses everything else. It is as strict as BigQuery where a
 * test could otherwise hide a mistake: one source row for a changed row, comparisons of one type only, no equality of JSON.
 * @param find a table by its dataset and name; undefined: there is none
 * @param parameters values of named parameters of type STRING
 */
export function runDml(
  sql: string,
  find: (dataset: string, table: string) => SqlTable | undefined,
  parameters: Readonly<Record<string, string>> = {},
): Changed {
  const parser = new Parser(sql, find, parameters);
  const result = parser.has('MERGE') ? merge(parser) : parser.has('DELETE') ? deleteFrom(parser) : update(parser);
  parser.end();
  return result;
}

type Value = string | number | bigint | boolean | null | { readonly json: Json };
interface Side {
  readonly table: SqlTable;
  readonly row: StoredRecord;
}
/** By the alias of their table; '' is the table of an UPDATE or DELETE. */
type Scope = Readonly<Record<string, Side | undefined>>;
type Expression = (scope: Scope) => Value;

function merge(parser: Parser): Changed {
  parser.words('INTO');
  const target = parser.table();
  parser.words('AS', 'T', 'USING');
  parser.symbol('(');
  const source = select(parser);
  parser.symbol(')');
  parser.words('AS', 'S', 'ON');
  const on = parser.expression();
  const clauses: Clause[] = [];
  while (parser.has('WHEN')) clauses.push(clause(parser));
  const side = (table: SqlTable, row: StoredRecord | undefined): Side | undefined => row && { table, row };
  const met = new Set<StoredRecord>();
  const counts = { inserted: 0, updated: 0, deleted: 0 };
  const kept: StoredRecord[] = [];
  for (const row of target.rows) {
    const T = side(target, row);
    const matches = source.rows.filter((other) => on({ T, S: side(source, other) }) === true);
    for (const match of matches) met.add(match);
    const changes = (matches.length === 0 ? [undefined] : matches).flatMap((match) => {
      const scope = { T, S: side(source, match) };
      const found = clauses.find(
        ({ when, condition }) => when === (match ? 'matched' : 'source missing') && condition(scope) === true,
      );
      return found === undefined ? [] : [{ found, scope }];
    });
    if (changes.length > 1) throw new SqlError('UPDATE/MERGE must match at most one source row for each target row');
    const [change] = changes;
    if (change === undefined) kept.push(row);
    else if (change.found.set === undefined) counts.deleted++;
    else {
      kept.push({ ...row, ...change.found.set(change.scope) });
      counts.updated++;
    }
  }
  for (const row of source.rows.filter((other) => !met.has(other))) {
    const scope = { S: side(source, row) };
    const found = clauses.find(({ when, condition }) => when === 'target missing' && condition(scope) === true);
    if (found?.set === undefined) continue;
    kept.push({ ...Object.fromEntries(target.fields.map(({ name }) => [name, null])), ...found.set(scope) });
    counts.inserted++;
  }
  target.rows = kept;
  return counts;
}

interface Clause {
  readonly when: 'matched' | 'target missing' | 'source missing';
  readonly condition: Expression;
  /** Undefined: the row is deleted. */
  readonly set: ((scope: Scope) => StoredRecord) | undefined;
}

function clause(parser: Parser): Clause {
  const isMatched = !parser.has('NOT');
  parser.words('MATCHED');
  const isSource = parser.has('BY') && (parser.has('SOURCE') || (parser.words('TARGET'), false));
  const condition = parser.has('AND') ? parser.expression() : (): Value => true;
  parser.words('THEN');
  const when = isMatched ? 'matched' : isSource ? 'source missing' : 'target missing';
  if (parser.has('DELETE')) return { when, condition, set: undefined };
  if (parser.has('INSERT')) {
    const names = parser.list(() => parser.name());
    parser.words('VALUES');
    const sources = parser.list(() => parser.value());
    return { when, condition, set: (scope) => Object.fromEntries(names.map((name, i) => [name, sources[i]!(scope)])) };
  }
  parser.words('UPDATE', 'SET');
  return { when, condition, set: assignments(parser, () => parser.value()) };
}

function assignments(parser: Parser, read: () => (scope: Scope) => Json): (scope: Scope) => StoredRecord {
  const set: [string, (scope: Scope) => Json][] = [];
  do {
    const name = parser.name();
    parser.symbol('=');
    set.push([name, read()]);
  } while (parser.hasSymbol(','));
  return (scope) => Object.fromEntries(set.map(([name, value]) => [name, value(scope)]));
}

/** Values beside each other, `SELECT * FROM stage`, or of each group the row with the highest order; NULL is lower than all. */
function select(parser: Parser): SqlTable {
  parser.words('SELECT');
  if (!parser.hasSymbol('*')) return selectedValues(parser);
  parser.words('FROM');
  const table = parser.table();
  if (!parser.has('WHERE')) return table;
  parser.words('TRUE', 'QUALIFY', 'ROW_NUMBER');
  parser.list(() => undefined);
  parser.words('OVER');
  parser.symbol('(');
  parser.words('PARTITION', 'BY');
  const groups: Expression[] = [];
  do groups.push(parser.expression());
  while (parser.hasSymbol(','));
  parser.words('ORDER', 'BY');
  const order = parser.name();
  parser.words('DESC');
  parser.symbol(')');
  parser.symbol('=');
  parser.words('1');
  const best = new Map<string, StoredRecord>();
  for (const row of table.rows) {
    const key = JSON.stringify(groups.map((group) => String(comparable(group({ '': { table, row } })))));
    const there = best.get(key);
    if (there === undefined || Number(there[order] ?? -1) < Number(row[order] ?? -1)) best.set(key, row);
  }
  return { fields: table.fields, rows: [...best.values()] };
}

/** `SELECT @a AS x, @b AS y`. */
function selectedValues(parser: Parser): SqlTable {
  const values: [string, string][] = [];
  do {
    const value = parser.parameter();
    parser.words('AS');
    values.push([parser.name(), value]);
  } while (parser.hasSymbol(','));
  return { fields: values.map(([name]) => ({ name, type: 'STRING' })), rows: [Object.fromEntries(values)] };
}

function deleteFrom(parser: Parser): Changed {
  parser.words('FROM');
  const table = parser.table();
  parser.words('WHERE');
  const condition = parser.expression();
  const kept = table.rows.filter((row) => condition({ '': { table, row } }) !== true);
  const deleted = table.rows.length - kept.length;
  table.rows = kept;
  return { inserted: 0, updated: 0, deleted };
}

function update(parser: Parser): Changed {
  parser.words('UPDATE');
  const table = parser.table();
  parser.words('SET');
  const set = assignments(parser, () => {
    const value = parser.expression();
    return (scope) => (value(scope) as bigint | string).toString();
  });
  parser.words('WHERE');
  const condition = parser.expression();
  let updated = 0;
  table.rows = table.rows.map((row) => {
    const scope = { '': { table, row } };
    if (condition(scope) !== true) return row;
    updated++;
    return { ...row, ...set(scope) };
  });
  return { inserted: 0, updated, deleted: 0 };
}

const TOKEN = /\s*(?:`((?:[^`\\]|\\.)*)`|'([^']*)'|([@-]?\w+)|([(),.=*<>]))/y;

interface Token {
  readonly name?: string;
  readonly text?: string;
  readonly word?: string;
  readonly symbol?: string;
}

class Parser {
  readonly #tokens: Token[] = [];
  readonly #find: (dataset: string, table: string) => SqlTable | undefined;
  readonly #parameters: Readonly<Record<string, string>>;
  #at = 0;

  constructor(
    sql: string,
    find: (dataset: string, table: string) => SqlTable | undefined,
    parameters: Readonly<Record<string, string>>,
  ) {
    this.#find = find;
    this.#parameters = parameters;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < sql.trimEnd().length) {
      const [all, name, text, word, symbol] = TOKEN.exec(sql) ?? [];
      if (all === undefined) throw new SqlError(`Syntax error: ${sql}`);
      this.#tokens.push(
        name !== undefined ? { name } : text !== undefined ? { text } : word !== undefined ? { word } : { symbol: symbol! },
      );
    }
  }

  /** Takes a word if it comes next. */
  has(word: string): boolean {
    if (this.#tokens[this.#at]?.word !== word) return false;
    this.#at++;
    return true;
  }

  hasSymbol(symbol: string): boolean {
    if (this.#tokens[this.#at]?.symbol !== symbol) return false;
    this.#at++;
    return true;
  }

  words(...words: readonly string[]): void {
    for (const word of words) if (!this.has(word)) this.#refuse(word);
  }

  symbol(symbol: string): void {
    if (!this.hasSymbol(symbol)) this.#refuse(symbol);
  }

  name(): string {
    return this.#tokens[this.#at++]?.name ?? this.#refuse('a name');
  }

  list<T>(item: () => T): T[] {
    this.symbol('(');
    const items: T[] = [];
    if (this.hasSymbol(')')) return items;
    do items.push(item());
    while (this.hasSymbol(','));
    this.symbol(')');
    return items;
  }

  table(): SqlTable {
    const names = [this.name()];
    while (this.hasSymbol('.')) names.push(this.name());
    const found = names.length === 3 ? this.#find(names[1]!, names[2]!) : undefined;
    if (found === undefined) throw new SqlError(`Not found: Table ${names.join('.')}`);
    return found;
  }

  /** A column's stored value: `S.x`. */
  column(): (scope: Scope) => Json {
    const { side, name } = this.#column();
    return (scope) => fieldOf(scope[side], name).stored;
  }

  parameter(): string {
    const word = this.#tokens[this.#at++]?.word ?? '';
    return (word.startsWith('@') ? this.#parameters[word.slice(1)] : undefined) ?? this.#refuse('a parameter');
  }

  /** What is written: a column's stored value, or the time. */
  value(): (scope: Scope) => Json {
    if (this.#tokens[this.#at]?.word !== 'CURRENT_TIMESTAMP') return this.column();
    const now = this.expression();
    return (scope) => now(scope) as string;
  }

  end(): void {
    if (this.#at < this.#tokens.length) this.#refuse('the end');
  }

  expression(): Expression {
    let left = this.#and();
    while (this.has('OR')) left = either(left, this.#and());
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.has('AND')) left = both(left, this.#not());
    return left;
  }

  #not(): Expression {
    if (!this.has('NOT')) return this.#predicate();
    const inner = this.#not();
    return (scope) => negated(inner(scope));
  }

  #predicate(): Expression {
    const left = this.#operand();
    if (this.has('IS')) {
      const isNegated = this.has('NOT');
      if (this.has('NULL')) return (scope) => (left(scope) === null) !== isNegated;
      this.words('DISTINCT', 'FROM');
      const right = this.#operand();
      return (scope) => isDistinct(left(scope), right(scope)) !== isNegated;
    }
    if (this.has('BETWEEN')) {
      const from = this.#operand();
      this.words('AND');
      const to = this.#operand();
      return both(
        (scope) => compared(left(scope), from(scope), (order) => order >= 0),
        (scope) => compared(left(scope), to(scope), (order) => order <= 0),
      );
    }
    if (this.hasSymbol('=')) return this.#comparison(left, (order) => order === 0);
    if (this.hasSymbol('<')) return this.#comparison(left, (order) => order < 0);
    return left;
  }

  #comparison(left: Expression, test: (order: number) => boolean): Expression {
    const right = this.#operand();
    return (scope) => compared(left(scope), right(scope), test);
  }

  #operand(): Expression {
    if (this.hasSymbol('(')) {
      const inner = this.expression();
      this.symbol(')');
      return inner;
    }
    const { name, word } = this.#tokens[this.#at]!;
    if (name !== undefined || ((word === 'T' || word === 'S') && this.#tokens[this.#at + 1]?.symbol === '.')) {
      const { side, name: column } = this.#column();
      return (scope) => fieldOf(scope[side], column).value;
    }
    if (word?.startsWith('@')) {
      const parameter = this.parameter();
      return () => parameter;
    }
    this.#at++;
    if (word === 'TRUE' || word === 'FALSE') return () => word === 'TRUE';
    if (word === 'DATE' || word === 'TIMESTAMP') {
      const text = this.#tokens[this.#at++]?.text ?? this.#refuse('a literal');
      return () => read(word, text.replace(/\+00$/, 'Z'));
    }
    if (word === 'CURRENT_TIMESTAMP') {
      this.list(() => undefined);
      return () => new Date().toISOString();
    }
    if (word === 'TO_JSON_STRING') {
      const [inner] = this.list(() => this.expression());
      return (scope) => jsonText(inner!(scope));
    }
    return /^-?\d+$/.test(word ?? '') ? () => BigInt(word!) : this.#refuse('an expression');
  }

  #column(): { readonly side: string; readonly name: string } {
    const side = this.has('T') ? 'T' : this.has('S') ? 'S' : '';
    if (side !== '') this.symbol('.');
    return { side, name: this.name() };
  }

  #refuse(wanted: string): never {
    throw new SqlError(`Syntax error: ${wanted} is expected, not ${JSON.stringify(this.#tokens[this.#at] ?? 'the end')}`);
  }
}

function fieldOf(side: Side | undefined, name: string): { readonly stored: Json; readonly value: Value } {
  const field = side?.table.fields.find((one) => one.name === name);
  if (field === undefined) throw new SqlError(`Unrecognized name: ${name}`);
  const stored = side!.row[name] ?? null;
  const isNested = field.mode === 'REPEATED' || field.fields !== undefined;
  return { stored, value: stored === null ? null : isNested ? { json: stored } : read(field.type, stored) };
}

/** A stored value as its type is compared. */
function read(type: string, stored: Json): Value {
  if (type === 'JSON') return { json: stored };
  const text = stored as string;
  if (type === 'INTEGER') return BigInt(text);
  if (type === 'FLOAT') return Number(text);
  if (type === 'BOOLEAN') return text === 'true';
  if (type === 'TIMESTAMP') return instant(text);
  if (type.endsWith('NUMERIC')) return decimal(text);
  return text;
}

/** Microseconds as a text that sorts as they do. */
function instant(text: string): string {
  const at = Date.parse(text.replace(' ', 'T').replace(/\.\d+/, ''));
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${new Date(at).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}`;
}

function decimal(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

function comparable(value: Value): string | number | bigint | boolean | null {
  if (typeof value === 'object' && value !== null) throw new SqlError('Equality is not defined for arguments of type JSON');
  return value;
}

function compared(left: Value, right: Value, test: (order: number) => boolean): Value {
  const [a, b] = [comparable(left), comparable(right)];
  if (a === null || b === null) return null;
  if (typeof a !== typeof b) throw new SqlError(`No matching signature for ${typeof a} and ${typeof b}`);
  return test(a < b ? -1 : a > b ? 1 : 0);
}

function isDistinct(left: Value, right: Value): boolean {
  const [a, b] = [comparable(left), comparable(right)];
  return !(Object.is(a, b) || a === b);
}

function jsonText(value: Value): string {
  if (typeof value === 'object' && value !== null) return canonicalText(value.json);
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function negated(value: Value): Value {
  return value === null ? null : value !== true;
}

function both(left: Expression, right: Expression): Expression {
  return (scope) => {
    const [a, b] = [left(scope), right(scope)];
    return a === false || b === false ? false : a === null || b === null ? null : true;
  };
}

function either(left: Expression, right: Expression): Expression {
  return (scope) => {
    const [a, b] = [left(scope), right(scope)];
    return a === true || b === true ? true : a === null || b === null ? null : false;
  };
}
