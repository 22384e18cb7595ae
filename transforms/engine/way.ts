import { ConfigError, isJsonObject, type Json, type JsonObject, parseExact, type Problem, valueEnd } from '../../singer/index.ts';
import type { Quality } from '../checks/quality.ts';
import { RecordFault } from '../fault.ts';
import { RecordView } from '../record.ts';
import { namesIn } from '../places.ts';
import type { Emit, PreparedRule, RuleContext, Shape } from '../rule.ts';
import { pathBelow } from '../context.ts';
import type { Keep } from './keeper.ts';
import { propertiesOf } from './shape.ts';
import type { RuleCall, RuleSet, StreamRules } from './rule-set.ts';

/** The rules of one stream, compiled for one SCHEMA of it. */
export interface Way {
  /** What comes in, and what comes out. */
  readonly from: Shape;
  readonly shape: Shape;
  readonly children: readonly Shape[];
  /** What comes out are records of `children` only. */
  readonly isGone: boolean;
  /** Fields whose value some rule hides: a record put aside does not show them. */
  readonly hidden: ReadonlySet<string>;
  /** Reads the records that come in. */
  readonly view: RecordView;
  /** Runs a record that `view` has read. What comes out goes to `sink`. Throws RecordFault. */
  run(sink: WaySink): void;
  /**
   * What stands for a key property of the record that was just refused: the pseudonym that rules had made of its value by then. Undefined if
   * they had not, or if anything may have happened to it since.
   */
  pseudonymOf(key: string): Json | undefined;
  /** Rules that hold records back. */
  readonly buffers: readonly NonNullable<PreparedRule['buffer']>[];
  /** Gives out all that is held, piece by piece; `last`: the input has ended. */
  flush(sink: WaySink, last: boolean): Iterable<void>;
}

/** Where the records of a way end up. `rest`: what stands beside the record in its message, if that is not the message under way. */
export interface WaySink {
  record(record: RecordView, rest: string | undefined): void;
  child(stream: string, record: JsonObject, rest: string | undefined): void;
  /** A rule has refused a record that another rule made or held back. Throws what is no fault of the record. */
  refused(error: unknown, record: JsonObject, rest: string | undefined): void;
  /** The rest of the message under way. */
  rest(): string;
}

/** What the ways of a run share. */
export interface WayOptions extends Omit<RuleSet, 'layers' | 'quarantine' | 'report' | 'statsStream' | 'checkMemoryBytes'> {
  count(stream: string, what: string, by: number): void;
  readonly shared: Keep;
  readonly rehearsal: boolean;
  beforeSend(save: () => Promise<void>): void;
  onClose(close: () => Promise<void> | void): void;
  readonly quality: Quality;
}

/** Compiles a stream's rules, or only the first `count` of them. Throws ConfigError with all that is wrong. */
export function compileWay(
  from: Shape,
  rules: StreamRules & { readonly kind: 'rules' },
  options: WayOptions,
  count = rules.calls.length,
): Way {
  const problems: Problem[] = [];
  const prepared: PreparedRule[] = [];
  let shape = from;
  for (const [index, call] of rules.calls.slice(0, count).entries()) {
    const before = problems.length;
    const rest = rules.calls.slice(index + 1);
    const later = new Set(rest.map(({ rule }) => rule.name));
    const laterNames = namesOf(rest.find(({ rule }) => rule.name === 'rename')?.value);
    const laterKeys = keysAfter(rest);
    const rule = call.rule.prepare(
      call.value,
      shape,
      contextOf(call, { from, rules, options, problems, later, laterKeys, laterNames }),
    );
    // What comes after a rule that is wrong would only repeat it.
    if (problems.length === before) shape = rule.shape;
    prepared.push(rule);
  }
  if (problems.length > 0) throw new ConfigError(problems, { code: 'transform-rules', facts: { stream: from.stream } });
  return wayOf(from, shape, prepared);
}

/** What a rule is told when it is compiled; what is wrong goes to `problems`. */
export function contextOf(
  { isForMany = false, path }: RuleCall,
  o: {
    from: Shape;
    rules: StreamRules & { readonly kind: 'rules' };
    options: WayOptions;
    problems: Problem[];
    later: ReadonlySet<string>;
    laterKeys: readonly string[] | undefined;
    laterNames: ReadonlyMap<string, string>;
  },
): RuleContext {
  const { from, rules, options, problems, later, laterKeys, laterNames } = o;
  const { keys, log, once, quality, rehearsal, shared, vars, signal } = options;
  const onError = rules.onError ?? options.defaults.onError;
  return {
    stream: from.stream,
    path,
    problem: (message, at = '') => void problems.push({ path: pathBelow(path, at), message }),
    personal: rules.personal,
    isForMany,
    later,
    laterKeys,
    laterNames,
    defaults: { ...options.defaults, onError },
    keys,
    log,
    vars,
    signal,
    quality,
    rehearsal,
    count: (what, by = 1) => options.count(from.stream, what, by),
    shared,
    once,
    beforeSend: (save) => options.beforeSend(save),
    onClose: (close) => options.onClose(close),
  };
}

/** Rules that leave fields their names and do not ask for the key properties. */
const KEYLESS: ReadonlySet<string> = new Set([
  ...['parse_json', 'where', 'limit', 'raw values', 'fields', 'split', 'concat', 'set', 'erase', 'watch'],
  ...['checks', 'json_schema', 'drop', 'keep', 'unlisted'],
]);

/** See `laterKeys`. */
function keysAfter(rest: readonly RuleCall[]): readonly string[] | undefined {
  const at = rest.findIndex(({ rule }) => rule.name === 'keys' || rule.name === 'aggregate');
  const call = rest[at];
  if (call === undefined) return undefined;
  const [rename, ...others] = rest.slice(0, at).filter(({ rule }) => !KEYLESS.has(rule.name));
  if (others.length > 0 || (rename !== undefined && !isMapOfNames(rename))) return undefined;
  // Rows are made of groups: no field is a key before.
  if (call.rule.name === 'aggregate') return [];
  const names = namesOf(rename?.value);
  return namesIn(call.value).map((key) => names.get(key) ?? key);
}

function isMapOfNames({ rule, value }: RuleCall): boolean {
  return rule.name === 'rename' && isJsonObject(value) && !Object.hasOwn(value, 'style') && !Object.hasOwn(value, 'pattern');
}

/** What a map of new names says, by the new one. */
function namesOf(given: Json | undefined): ReadonlyMap<string, string> {
  const names = isJsonObject(given) ? Object.entries(given) : [];
  return new Map(names.flatMap(([from, to]) => (typeof to === 'string' ? [[to, from] as const] : [])));
}

function wayOf(from: Shape, shape: Shape, rules: readonly PreparedRule[]): Way {
  const views = [new RecordView()];
  const viewAt = (index: number): RecordView => (views[index] ??= new RecordView());
  let sink: WaySink | undefined;
  /** The rest of the message of a record that was held back, while that is under way. */
  let held: string | undefined;
  /** The record that was handed on last, and the rule that it has come to: it is as the rules before that one have left it. */
  let last = views[0]!;
  let at = 0;
  /** The record is as it was before that rule, even if it has failed. */
  let isUndone = false;

  /** Hands a record to the rules from `index` on. */
  function go(record: RecordView, index: number): void {
    for (let i = index; i < rules.length; i++) {
      last = record;
      at = i;
      if (!rules[i]!.apply(record, emits[i]!)) return;
    }
    sink!.record(record, held);
  }
  /** Has a view read a record and hands it to the rules from `index` on. One that they refuse goes aside by itself. */
  function goOn(index: number, rest: string | undefined, read: (view: RecordView) => void): void {
    const before = { held, last, at, isUndone };
    held = rest;
    isUndone = false;
    const view = viewAt(index);
    read(view);
    try {
      go(view, index);
    } catch (error) {
      // As it was before these rules: they may have changed a part of it.
      read(view);
      last = view;
      at = index;
      isUndone = true;
      sink!.refused(error, view.toObject(), rest);
    } finally {
      // The rule that has brought it goes on with its own record.
      ({ held, last, at, isUndone } = before);
    }
  }
  const emits: Emit[] = rules.map((_, index) => ({
    next: (record, rest = held) => goOn(index + 1, rest, (view) => view.load(record)),
    again: (bytes, start, rest) =>
      goOn(index + 1, rest, (view) => {
        if (view.read(bytes, start) < 0)
          view.load(parseExact(bytes.toString('utf8', start, valueEnd(bytes, start))) as JsonObject);
      }),
    rest: () => held ?? sink!.rest(),
    child: (stream, record) => sink!.child(stream, record, held),
  }));
  const buffering = rules.flatMap(({ buffer }, index) => (buffer === undefined ? [] : [{ buffer, index }]));
  return {
    from,
    shape,
    children: rules.flatMap((rule) => rule.children ?? []),
    isGone: rules.some(({ gone }) => gone === true),
    hidden: hiddenOf(from, rules),
    view: views[0]!,
    run(to) {
      sink = to;
      isUndone = false;
      go(views[0]!, 0);
    },
    pseudonymOf(key) {
      // One that is hidden once more has another value in the end.
      const made = rules.findLastIndex(({ hides }) => hides?.includes(key) === true);
      const rule = rules[made];
      if (rule?.pseudonyms?.includes(key) !== true || made > at) return undefined;
      if (made === at && (isUndone || rule.hasPseudonym?.(key) !== true)) return undefined;
      // A rule that may touch the field, or give its name to another, gives it another schema: the one that failed may have done so in part.
      const schema = propertiesOf(rule.shape)[key];
      const touching = rules.slice(made + 1, isUndone ? at : at + 1);
      return touching.every(({ shape }) => propertiesOf(shape)[key] === schema) ? last.get(key) : undefined;
    },
    buffers: buffering.map(({ buffer }) => buffer),
    *flush(to, last) {
      sink = to;
      for (const { buffer, index } of buffering) yield* buffer.flush(emits[index]!, last);
    },
  };
}

/** A name that a rule on the way gave says nothing of the fields that it holds: where what it names is hidden, all count as hidden. */
function hiddenOf(from: Shape, rules: readonly PreparedRule[]): ReadonlySet<string> {
  const names = new Set(Object.keys(propertiesOf(from)));
  const own = new Set(names);
  const hidden = new Set<string>();
  let before = from;
  for (const { hides = [], reuses = [], shape } of rules) {
    if (hides.some((name) => !own.has(name))) return names;
    for (const name of hides) hidden.add(name);
    const known = propertiesOf(before);
    for (const name of [...Object.keys(propertiesOf(shape)).filter((name) => !Object.hasOwn(known, name)), ...reuses])
      own.delete(name);
    before = shape;
  }
  return hidden;
}

/** What an unexpected failure of a rule is to the user: never its words, which may quote a value. */
export function asFault(error: unknown): RecordFault | undefined {
  if (error instanceof RecordFault) return error;
  if (error instanceof Error && !('exitCode' in error)) {
    return new RecordFault({
      policy: 'fail',
      rule: 'operation-failed',
      field: undefined,
      message: `a rule failed on it (${error.name})`,
    });
  }
  return undefined;
}
