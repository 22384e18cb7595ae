import { isJsonObject, type Json, type JsonSchema, nearest, TaplineError } from '../singer/index.ts';
import { checkConfig } from '../singer/mapper/index.ts';
import { within } from './context.ts';
import { propertiesOf, propertyOf } from './engine/shape.ts';
import { type OnError, RecordFault, ValueFault } from './fault.ts';
import { operations } from './operations/index.ts';
import {
  type ByteStep,
  COMMON_PARAMETERS,
  type Field,
  type Fields,
  type Operation,
  type Privacy,
  type Step,
} from './operation.ts';
import type { Place } from './path.ts';
import { isNullable, nullable, redactedOf, withConstant } from './schemas.ts';
import type { RuleContext, Shape } from './rule.ts';
import { conditions } from './conditions.ts';

/** The steps of one field, compiled. */
export interface FieldProgram {
  readonly schema: JsonSchema;
  /** What hides the value, if a step does. */
  readonly privacy: Privacy | undefined;
  /** False if that step is taken for some records only. */
  readonly hidesAlways: boolean;
  /** It is done with a secret key. */
  readonly isKeyed: boolean;
  readonly takesAbsent: boolean;
  /** New properties of the record that keep the value which came. */
  readonly keeps: readonly string[];
  /** A step logs values. */
  readonly shows: boolean;
  /** Other properties whose values may come out in place of this one's. */
  readonly reads: readonly string[];
  /** Those of them that no later step hides in every record. */
  readonly copies: readonly string[];
  /** Properties whose values steps look at as they were before the rule. */
  readonly looksAt: readonly string[];
  /** To be called with each record before the first step of the rule. */
  readonly begins: readonly ((record: Fields) => void)[];
  /** No step changes anything. */
  readonly idle: boolean;
  /** New properties that the steps make beside the value. */
  readonly also: readonly { readonly name: string; readonly schema: JsonSchema }[];
  /** The same as `run`, for a text, if the steps are one that can and nothing else is asked for. */
  readonly bytes: ByteStep | undefined;
  /** Gives the new value; undefined takes the property away. Gives `put` the properties of `also`. Throws RecordFault. */
  run(value: Json | undefined, record: Fields, put: Put): Json | undefined;
  /** For a value that stands where the path should go on. Throws RecordFault if the steps hide something. */
  elsewhere(value: Json): Json;
}

/** Sets a top-level property of the record under way. */
export type Put = (name: string, value: Json) => void;

interface CompiledStep extends Step {
  readonly operation: Operation;
  readonly hides: boolean;
  /** Two null keys would be one row: where the step hides a key, there has to be one. */
  readonly needsValue: boolean;
  readonly onError: OnError;
  readonly when: ((record: Fields) => boolean) | undefined;
  readonly redacted: Json;
}

/** Compiles the steps of one field. Tells `context` what is wrong. */
export function compileSteps(given: readonly Json[], place: Place, shape: Shape, context: RuleContext): FieldProgram {
  const steps: CompiledStep[] = [];
  let schema = place.schema;
  given.forEach((step, index) => {
    const own = within(context, given.length === 1 ? '' : `[${index}]`);
    const compiled = compileStep(step, { place, shape, schema, context: own });
    if (compiled === undefined) return;
    steps.push(compiled);
    // What a step makes of a value follows from what comes, which is not known yet.
    if (!shape.isOpen) schema = compiled.schema;
  });
  const hiding = steps.findLast(({ hides }) => hides);
  const lastHiding = steps.findLastIndex(({ hides, when }) => hides && when === undefined);
  const acting = steps.filter(({ idle }) => idle !== true);
  return {
    schema,
    privacy: hiding?.operation.privacy,
    hidesAlways: lastHiding >= 0,
    isKeyed: hiding?.keyId !== undefined,
    takesAbsent: steps.some(({ operation, needsValue }) => operation.takesAbsent === true || needsValue),
    keeps: steps.flatMap(({ keeps }) => keeps ?? []),
    shows: steps.some(({ shows }) => shows === true),
    reads: steps.flatMap(({ reads }) => reads ?? []),
    copies: steps.slice(lastHiding + 1).flatMap(({ reads }) => reads ?? []),
    looksAt: steps.flatMap(({ looksAt }) => looksAt ?? []),
    begins: steps.flatMap((step) => (step.begin === undefined ? [] : (record: Fields) => step.begin!(record))),
    idle: acting.length === 0,
    also: steps.flatMap(({ also = [] }) => also.map(({ name, schema, keyId }) => ({ name, schema: annotated(schema, keyId) }))),
    bytes: place.steps.length === 0 ? bytesOf(steps) : undefined,
    run(value, record, put) {
      for (const step of acting) value = runStep(step, value, record, place.text, put);
      return value;
    },
    elsewhere(value) {
      if (hiding === undefined) return value;
      const { onError } = hiding;
      throw new RecordFault({
        policy: onError === 'null' || onError === 'redact' ? 'fail' : onError,
        rule: 'wrong-kind',
        field: place.text,
        message: 'a value stands where the schema has an object or list with parts to hide',
      });
    },
  };
}

/** A step on bytes that stands for all of them. */
function bytesOf(steps: readonly CompiledStep[]): ByteStep | undefined {
  const [only, ...others] = steps.filter(({ idle }) => idle !== true);
  const isAlone = others.length === 0 && steps.every(({ keeps }) => keeps === undefined);
  return isAlone && only?.when === undefined && only?.also === undefined ? only?.bytes : undefined;
}

/** Says in the schema what was done, so that whoever reads the data later knows. */
function annotated(schema: JsonSchema, keyId: string | undefined, name = 'pseudonymize'): JsonSchema {
  return { ...schema, 'x-anonymized': name, ...(keyId === undefined ? {} : { 'x-anonymized-key': keyId }) };
}

function compileStep(
  given: Json,
  o: { place: Place; shape: Shape; schema: JsonSchema; context: RuleContext },
): CompiledStep | undefined {
  const { context, place, shape } = o;
  const named = nameOf(given);
  if (named === undefined) {
    context.problem('must be the name of an operation, or an object with one operation and its parameters');
    return undefined;
  }
  const operation = operations.find(named.name);
  if (operation === undefined) {
    const near = nearest(named.name, operations.names);
    context.problem(`there is no operation ${named.name}${near === undefined ? '' : `; did you mean ${near}?`}`);
    return undefined;
  }
  const below = within(context, operation.name);
  const parameters = parametersOf(operation, named.parameters, (message, path) => below.problem(message, path));
  if (parameters === undefined) return undefined;
  const { on_error, when, ...own } = { ...named.common, ...parameters } as Record<string, Json>;
  const isKey = isKeyPlace(place, shape, context);
  const properties = propertiesOf(shape);
  const field: Field = {
    stream: context.stream,
    path: place.text,
    schema: o.schema,
    isKey,
    schemaOf: (name) => propertyOf(shape, name),
    names: Object.keys(properties),
    defaults: context.defaults,
    keys: context.keys,
    log: context.log,
    once: context.once,
    judge: (check, judged) =>
      context.quality.judge({ stream: context.stream, field: place.text, path: context.path, check, ...judged }),
    problem: (message, path) => below.problem(message, path),
    count: (what, by) => context.count(what, by),
  };
  const step = operation.prepare(own as never, field);
  const keepsProblem = step.keeps === undefined ? undefined : problemOfKeeping(step.keeps, place, properties);
  if (keepsProblem !== undefined) field.problem(keepsProblem);
  const hides = operation.privacy !== undefined && step.clear !== true;
  if (step.merges ?? operation.merges === true) tellMerging(place, shape, hides ? below : context, hides);
  const onError = onErrorOf(on_error as OnError | undefined, { hides, isKey, context: within(below, 'on_error') });
  if (step.also !== undefined && place.steps.length > 0) {
    below.problem('can only stand at a top-level field: the new one stands beside it', 'also');
  }
  const condition =
    when === undefined
      ? undefined
      : conditions.find('when')!(when, shape, within(Object.hasOwn(named.common, 'when') ? context : below, 'when'));
  const redacted = redactedOf(step.schema);
  const made = onError === 'redact' ? withConstant(step.schema) : step.schema;
  const told = hides ? annotated(made, step.keyId, operation.name) : made;
  // Null passes where the operation is not asked, and where a step may be skipped so does all that came in.
  const asked = operation.takesNull !== true && isNullable(o.schema) ? nullable(told) : told;
  const out = condition === undefined ? asked : either(o.schema, asked);
  const schema = onError === 'null' ? nullable(out) : out;
  return { ...step, schema, operation, hides, needsValue: hides && isKey, onError, when: condition, redacted };
}

/** Cleaning operations quarantine unless told otherwise, privacy operations fail. A key never becomes null or a constant: rows would be lost. */
function onErrorOf(
  given: OnError | undefined,
  { hides, isKey, context }: { hides: boolean; isKey: boolean; context: RuleContext },
): OnError {
  const merges = (policy: OnError | undefined): boolean => isKey && (policy === 'null' || policy === 'redact');
  if (merges(given)) {
    context.problem('must be fail, quarantine or drop_record: rows whose key is null or a constant would become one row');
  }
  if (given !== undefined) return given;
  if (hides) return 'fail';
  const usual = context.defaults.onError ?? 'quarantine';
  return merges(usual) ? 'quarantine' : usual;
}

function problemOfKeeping(name: string, { steps }: Place, properties: Readonly<Record<string, JsonSchema>>): string | undefined {
  if (steps.length > 0) return `${name} can keep the value of a property only, not of a part of one`;
  return Object.hasOwn(properties, name) ? `there is a field ${name} already` : undefined;
}

/** True for a key property that stays one. */
function isKeyPlace({ name }: Place, { keys }: Shape, { laterKeys }: RuleContext): boolean {
  return keys.includes(name) && laterKeys?.includes(name) !== false;
}

/** Rows whose keys become equal become one, in whatever table has that key. */
function tellMerging({ name, text }: Place, { keys }: Shape, context: RuleContext, hides: boolean): void {
  if (!(context.laterKeys ?? keys).includes(name)) return;
  if (hides) {
    context.problem(
      'cannot be done to a key: different rows would become one. Use pseudonymize, or say with keys what takes its place',
    );
  } else {
    const { log, path, stream } = context;
    const facts = { stream, field: text, rules: path };
    const message = 'A step may make different keys equal: their rows become one in a table with that key';
    log.warnOnce(`equal keys ${stream} ${text}`, message, facts);
  }
}

/** `trim`, `{ truncate: 10 }`, `{ mask: { keep_last: 3 }, when: … }`. */
function nameOf(given: Json): { name: string; parameters: Json; common: Record<string, Json> } | undefined {
  if (typeof given === 'string') return { name: given, parameters: {}, common: {} };
  if (!isJsonObject(given)) return undefined;
  const entries = Object.entries(given) as [string, Json][];
  const common = entries.filter(([name]) => Object.hasOwn(COMMON_PARAMETERS, name));
  const [only, ...others] = entries.filter(([name]) => !Object.hasOwn(COMMON_PARAMETERS, name));
  if (only === undefined || others.length > 0) return undefined;
  return { name: only[0], parameters: only[1] ?? {}, common: Object.fromEntries(common) };
}

/** Checked parameters; undefined if something is wrong with them, which was told. */
function parametersOf(
  operation: Operation,
  given: Json,
  problem: (message: string, path: string) => void,
): Record<string, unknown> | undefined {
  const { main, parameters } = operation;
  const declared = { ...parameters, ...COMMON_PARAMETERS };
  const isBare = !isJsonObject(given) || (main !== undefined && !hasDeclared(given, declared) && takesObject(parameters[main]));
  if (isBare && main === undefined) {
    problem('takes no bare value', '');
    return undefined;
  }
  const named = isBare ? { [main!]: given } : given;
  const { config, problems, unknown } = checkConfig(declared, named);
  for (const { path, message } of problems) problem(message, path);
  for (const { path, nearest } of unknown) {
    problem(`is not a parameter of ${operation.name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`, path);
  }
  return problems.length + unknown.length > 0 ? undefined : config;
}

function hasDeclared(given: object, declared: object): boolean {
  return Object.keys(given).some((name) => Object.hasOwn(declared, name));
}

function takesObject(setting: { readonly type: unknown } | undefined): boolean {
  return setting !== undefined && [setting.type].flat().includes('object');
}

/** What comes out of a step that is not always taken. */
export function either(before: JsonSchema, after: JsonSchema): JsonSchema {
  return JSON.stringify(before) === JSON.stringify(after) ? after : { anyOf: [before, after] };
}

function runStep(step: CompiledStep, value: Json | undefined, record: Fields, path: string, put: Put): Json | undefined {
  const { also, operation, when } = step;
  const isMissing = (value === null && operation.takesNull !== true) || (value === undefined && operation.takesAbsent !== true);
  if (isMissing && !step.needsValue) {
    if (also !== undefined && value === null) for (const { name } of also) put(name, null);
    return value;
  }
  try {
    const isMeant = when === undefined || when(record);
    if (isMeant && isMissing) throw new ValueFault('key-missing', 'a key must have a value');
    if (also !== undefined) for (const one of also) put(one.name, isMeant ? one.apply(value!) : null);
    return isMeant ? step.apply(value, record) : value;
  } catch (error) {
    if (also !== undefined) for (const { name } of also) put(name, null);
    return amends(step, error, path);
  }
}

/** What stands in for a value that a step could not take. Never that value. Throws RecordFault where the record must not go on. */
function amends({ onError, operation, redacted }: CompiledStep, error: unknown, path: string): Json {
  if (error instanceof RecordFault || error instanceof TaplineError) throw error;
  if (onError === 'null') return null;
  if (onError === 'redact') return redacted;
  const known = error instanceof ValueFault;
  throw new RecordFault({
    policy: onError,
    rule: known ? error.rule : 'operation-failed',
    field: path,
    message: known ? `${operation.name}: ${error.message}` : `${operation.name} failed on the value`,
  });
}
