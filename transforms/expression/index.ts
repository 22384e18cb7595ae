import type { Json, JsonObject, JsonSchema } from '../../singer/index.ts';
import { propertiesOf, propertyOf, requiredOf } from '../engine/shape.ts';
import type { Keys } from '../keys.ts';
import type { Fields } from '../operation.ts';
import type { Shape } from '../rule.ts';
import { nullable } from '../schemas.ts';
import type { Turn } from './budget.ts';
import { compileTree, type Names, type Variable } from './compile.ts';
import { toJson } from './json-functions.ts';
import { parseExpression } from './parser.ts';
import { type Node, SyntaxFault } from './syntax.ts';
import { tokensOf } from './tokens.ts';
import { schemaOf, type Type, typeOfSchema, typeOfValue } from './types.ts';
import { fault, isTrue, type Value } from './values.ts';

/** What an expression can see. */
export interface Scope {
  /** Its properties are names. */
  readonly shape: Shape;
  /** The value of the name `config`. */
  readonly config: JsonObject;
  /** `__original_stream_name__`: the stream as it came. `__stream_name__` is the shape's. */
  readonly stream: string;
  readonly keys: Keys;
  /** The property that `self` stands for, if the shape has it. */
  readonly self?: string | undefined;
  /** Further values that names stand for: `email_raw`. */
  readonly other?: (name: string) => Other | undefined;
}

export interface Other {
  readonly schema: JsonSchema;
  /** True if every record has it. */
  readonly isSure: boolean;
  /** Its name, if it is a property of the shape. */
  readonly property?: string;
  /** Undefined: absent. */
  readonly read: (record: Fields) => Json | undefined;
}

/** An expression, compiled for one shape. */
export interface Expression {
  /** True for every value that comes out of records of the shape. */
  readonly schema: JsonSchema;
  /** Fields and other names that it reads. */
  readonly reads: ReadonlySet<string>;
  /** True if it looks at the record as a whole. */
  readonly readsAll: boolean;
  /** True if it has a function that hides something: md5, sha256, hmac. */
  readonly hides: boolean;
  /** The property whose value it is, if it is nothing else. */
  readonly passes: string | undefined;
  /** True if `evaluate` may give undefined. */
  readonly mayBeAbsent: boolean;
  /**
   * Its value for a record. Undefined only if it is nothing but the name of a field, and the record has none. Throws ValueFault
   * (`expression-failed`, `expression-budget`); its message holds no value.
   */
  evaluate(record: Fields): Json | undefined;
  /** True if the value counts as true. Throws as `evaluate` does. */
  holds(record: Fields): boolean;
}

/**
 * Compiles an expression: a part of Python's, without side effects and without access to anything but the scope. `report` is told
 * all that is wrong; the expression then gives null.
 */
export function compileExpression(text: string, scope: Scope, report: (message: string) => void): Expression {
  const names = new ScopeNames(scope);
  const tell = (message: string, at: number): void => report(problemText(message, at));
  const node = parsed(text, tell);
  const part = compileTree(node, names, (message, at) => tell(`is wrong: ${message}`, at));
  const turn: Turn = { record: NO_RECORD, locals: [], steps: 0, rounds: 0 };
  const run = (record: Fields): Value => {
    turn.record = record;
    turn.steps = 0;
    turn.rounds = 0;
    try {
      return part.run(turn);
    } catch (error) {
      throw error instanceof RangeError ? fault('a value that is nested too deep') : error;
    }
  };
  const field = fieldOf(node, names);
  const passes = field?.property;
  return {
    schema: field === undefined ? schemaOf(part.type) : field.schema,
    reads: names.reads,
    readsAll: names.readsAll,
    hides: names.hasHiding,
    passes,
    mayBeAbsent: field !== undefined && !field.isSure,
    evaluate: field === undefined ? (record) => toJson(run(record)) : (record) => field.read(record),
    holds: (record) => isTrue(run(record)),
  };
}

const NO_RECORD: Fields = { get: () => undefined };

function parsed(text: string, tell: (message: string, at: number) => void): Node {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    tell(error.message, error.at);
    return { kind: 'constant', at: 0, value: null };
  }
}

/** The field, if the expression is nothing but its name. */
function fieldOf(node: Node, names: ScopeNames): Other | undefined {
  if (node.kind === 'name') return names.field(node.name);
  if (node.kind === 'index' && isRecord(node.of) && node.key.kind === 'constant' && typeof node.key.value === 'string') {
    return names.property(node.key.value);
  }
  return node.kind === 'attribute' && isRecord(node.of) ? names.property(node.name) : undefined;
}

function isRecord(node: Node): boolean {
  return node.kind === 'name' && RECORD.has(node.name);
}

const RECORD: ReadonlySet<string> = new Set(['_', 'record']);

function variableOf({ isSure, read, schema }: Other): Variable {
  return { type: typeOfSchema(isSure ? schema : nullable(schema)), read };
}

/** The names of a scope. Those of the system go before those of fields. */
class ScopeNames implements Names {
  readonly keys: Keys;
  readonly all: readonly string[];
  readonly areOpen: boolean;
  readonly reads = new Set<string>();
  readsAll = false;
  hasHiding = false;
  readonly #scope: Scope;
  readonly #constants: Readonly<Record<string, Json>>;

  constructor(scope: Scope) {
    const { config, keys, shape, stream } = scope;
    this.#scope = scope;
    this.keys = keys;
    this.areOpen = shape.isOpen === true;
    this.#constants = { config, __stream_name__: shape.stream, __original_stream_name__: stream };
    this.all = [...Object.keys(propertiesOf(shape)), ...Object.keys(this.#constants), 'record'];
  }

  hides(): void {
    this.hasHiding = true;
  }

  find(name: string): Variable | undefined {
    if (RECORD.has(name)) return this.#record();
    if (Object.hasOwn(this.#constants, name)) {
      const value = this.#constants[name]!;
      return { type: typeOfValue(value), read: () => value };
    }
    if (this.refused(name) !== undefined) return undefined;
    const field = this.field(name);
    return field === undefined ? undefined : variableOf(field);
  }

  constant(name: string): Json | undefined {
    return Object.hasOwn(this.#constants, name) ? this.#constants[name] : undefined;
  }

  member(record: string, name: string): Variable | 'missing' | undefined {
    if (!RECORD.has(record)) return undefined;
    const field = this.property(name);
    return field === undefined ? 'missing' : variableOf(field);
  }

  /** The property, or the other value, that a name stands for. */
  field(name: string): Other | undefined {
    if (RECORD.has(name) || Object.hasOwn(this.#constants, name) || this.refused(name) !== undefined) return undefined;
    const property = this.property(this.#property(name));
    if (property !== undefined) return property;
    const other = this.#scope.other?.(name);
    if (other !== undefined) this.reads.add(name);
    return other;
  }

  property(name: string): Other | undefined {
    const schema = propertyOf(this.#scope.shape, name);
    if (schema === undefined) return undefined;
    this.reads.add(name);
    return { schema, isSure: this.#isSure(name), property: name, read: (record) => record.get(name) };
  }

  refused(name: string): string | undefined {
    if (name !== 'fake') return undefined;
    return "fake values are not made here; use the operation pseudonymize or redact, or record['fake'] for a field of this name";
  }

  /** `self` is the field whose value is being made. */
  #property(name: string): string {
    const { self, shape } = this.#scope;
    return name === 'self' && self !== undefined && Object.hasOwn(propertiesOf(shape), self) ? self : name;
  }

  #isSure(name: string): boolean {
    const { shape } = this.#scope;
    return requiredOf(shape).includes(name) || shape.keys.includes(name);
  }

  #record(): Variable {
    const { shape } = this.#scope;
    const names = Object.keys(propertiesOf(shape));
    this.readsAll = true;
    const type: Type = { ...typeOfSchema({ type: 'object', ...shape.schema }), kinds: typeOfValue({}).kinds };
    return { type, read: (record) => record.toObject?.() ?? Object.fromEntries(names.map((name) => [name, record.get(name)])) };
  }
}

/** The names that stand in an expression, fields or not; none if it cannot be read. */
export function namesIn(text: string): string[] {
  try {
    return tokensOf(text).flatMap((token) =>
      token.kind === 'name' ? [token.text] : token.kind === 'format' ? (token.body.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) : [],
    );
  } catch (error) {
    if (error instanceof SyntaxFault) return [];
    throw error;
  }
}

function problemText(message: string, at: number): string {
  return `the expression ${message} (at character ${at + 1})`;
}
