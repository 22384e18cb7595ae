import {
  BlockPool,
  ByteBlocks,
  ConfigError,
  faultAt,
  InputError,
  type JsonObject,
  type Lines,
  type Message,
  orTooDeep,
  parseMessage,
  type Place,
  nearest,
  type Problem,
  RecordError,
  type Stage,
  stringifyExact,
} from '../../singer/index.ts';
import type { RecordFault } from '../fault.ts';
import type { Shape } from '../rule.ts';
import { Held } from './held.ts';
import { emptyLine, loadRecordLine, originalOf, readRecordLine, type RecordLine } from './message-line.ts';
import { PassedStreams } from './passed.ts';
import { quarantineRecord, quarantineShape } from './quarantine.ts';
import { resolveRules, type RuleSet } from './rule-set.ts';
import { schemaMessage, shapeOf } from './shape.ts';
import { StreamCounts } from './counts.ts';
import { asFault, compileWay, type Way, type WayOptions, type WaySink } from './way.ts';

const NEWLINE = 0x0a;
/** Output gathered before it is handed on. */
const BLOCK_BYTES = 64 * 1024;

/** A stream as it goes through. */
interface Route {
  readonly name: string;
  /** The SCHEMA line that it was compiled for. */
  readonly line: Buffer;
  readonly message: JsonObject;
  /** Undefined: removed. */
  readonly way: Way | undefined;
  /** The name as JSON text: as it comes, and as it leaves. */
  readonly nameIn: Buffer;
  readonly nameOut: Buffer;
  /** Streams that its records also feed. */
  readonly children: ReadonlyMap<string, Route>;
}

/** Applies a rule set to a message stream. */
export class Transformer implements Stage {
  readonly #rules: RuleSet;
  readonly #options: WayOptions;
  readonly #place: Place = { line: 0, file: undefined };
  readonly #pool = new BlockPool();
  readonly #out = new ByteBlocks(this.#pool);
  readonly #line: RecordLine = emptyLine();
  readonly #passed = new PassedStreams();
  readonly #routes = new Map<string, Route>();
  readonly #held = new Held();
  readonly #counts = new StreamCounts();
  /** The SCHEMA line that each stream had last. */
  readonly #announced = new Map<string, string>();
  readonly #shared = new Map<string, unknown>();
  readonly #closers: (() => Promise<void> | void)[] = [];
  /** The route whose records come now: tried first. */
  #current: Route | undefined;

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#options = {
      keys: rules.keys,
      defaults: rules.defaults,
      vars: rules.vars,
      log: rules.log,
      signal: rules.signal,
      count: (stream, what, by) => this.#counts.of(stream).note(what, by),
      shared: <T>(name: string, make: () => T) => {
        if (!this.#shared.has(name)) this.#shared.set(name, make());
        return this.#shared.get(name) as T;
      },
      onClose: (close) => void this.#closers.push(close),
    };
  }

  async *take({ bytes, start, end }: Lines): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const passed = this.#passed.end(bytes, at, end);
      if (passed.end > at) {
        this.#place.line += passed.lines;
        if (passed.end - at >= BLOCK_BYTES / 2) {
          yield* this.#drain();
          yield bytes.subarray(at, passed.end);
        } else this.#out.append(bytes, at, passed.end);
        at = passed.end;
      } else at = this.#takeLine(bytes, at);
      if (this.#out.size >= BLOCK_BYTES) yield* this.#drain();
    }
    yield* this.#drain();
  }

  async *finish(): AsyncGenerator<Buffer> {
    for (const route of this.#routes.values()) {
      this.#flush(route);
      yield* this.#drain();
    }
    this.#release();
    yield* this.#drain();
    this.#tellUnmet();
    this.#counts.tell(this.#rules.log);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  *#drain(): Generator<Buffer> {
    if (this.#out.size === 0) return;
    const { blocks } = this.#out.takeAll();
    yield* blocks;
    this.#pool.give(blocks);
  }

  /** Takes the line at `at`; gives where the next one begins. */
  #takeLine(bytes: Buffer, at: number): number {
    this.#place.line++;
    const route = this.#current;
    if (route?.way !== undefined && readRecordLine(this.#line, bytes, at, route.nameIn, route.way.view)) {
      this.#record(route);
      return this.#line.end;
    }
    const end = bytes.indexOf(NEWLINE, at) + 1;
    orTooDeep(this.#place, () => this.#message(bytes, at, end));
    return end;
  }

  #message(bytes: Buffer, start: number, end: number): void {
    const line = bytes.subarray(start, end);
    if (isBlank(line)) return;
    const message = parseMessage(line, this.#place);
    switch (message.type.toUpperCase()) {
      case 'SCHEMA':
        return this.#schema(message, line);
      case 'RECORD':
        return this.#otherRecord(message, bytes, start, line);
      case 'STATE':
        return this.#hold(line);
      case 'ACTIVATE_VERSION':
        return this.#activate(message, line);
      case 'BATCH':
        return this.#batch(message, line);
      default:
        // Whatever it is, its place among the others may matter.
        return this.#hold(line);
    }
  }

  /** A record of another stream than the one before, or one that had to be parsed. */
  #otherRecord(message: Message, bytes: Buffer, start: number, line: Buffer): void {
    const name = this.#streamOf(message);
    const route = this.#routes.get(name);
    if (route === undefined) {
      if (!this.#passed.has(name)) throw this.#early(name, 'RECORD');
      this.#passed.learn(name, line);
      return this.#out.append(line, 0, line.length);
    }
    this.#current = route;
    if (route.way === undefined) return this.#counts.of(name).came();
    if (!readRecordLine(this.#line, bytes, start, route.nameIn, route.way.view)) {
      loadRecordLine(this.#line, message, this.#place, route.way.view);
    }
    this.#record(route);
  }

  /** Runs the record that `#line` and the route's view hold. */
  #record(route: Route): void {
    const counts = this.#counts.of(route.name);
    counts.came();
    this.#run(route, this.#line, () => originalOf(this.#line, this.#place));
    if (!this.#held.isEmpty) this.#release();
  }

  /** `line` is the one whose record it is, or comes from: what stands around the record is taken from there. */
  #run(route: Route, line: RecordLine, original: () => JsonObject): void {
    try {
      route.way!.run(this.#sinkOf(route, line));
    } catch (error) {
      const fault = asFault(error);
      if (fault === undefined) throw error;
      this.#refuse(route, line, fault, original);
    }
  }

  #sinkOf(route: Route, line: RecordLine): WaySink {
    return {
      record: (record) => {
        const out = this.#out;
        this.#head(line, route.nameOut);
        record.write(out);
        out.append(line.bytes, line.recordEnd, line.end);
        this.#counts.of(route.name).left();
      },
      child: (name, record) => {
        const child = route.children.get(name)!;
        this.#announce(child);
        child.way!.view.load(record);
        this.#counts.of(name).came();
        this.#run(child, line, () => record);
      },
    };
  }

  /** What stands before the record. */
  #head({ bytes, start, streamStart, streamEnd, recordStart }: RecordLine, name: Buffer): void {
    const out = this.#out;
    out.append(bytes, start, streamStart);
    out.append(name, 0, name.length);
    out.append(bytes, streamEnd, recordStart);
  }

  #refuse(route: Route, line: RecordLine, fault: RecordFault, original: () => JsonObject): void {
    const { name } = route;
    const counts = this.#counts.of(name);
    const where = fault.field === undefined ? '' : ` in ${fault.field}`;
    if (fault.policy === 'fail') {
      throw new RecordError(
        `Line ${this.#place.line} of the input: a record of ${name} cannot be transformed${where}: ${fault.message}`,
        {
          code: 'transform-failed',
          facts: {
            stream: name,
            rule: fault.rule,
            line: this.#place.line,
            ...(fault.field === undefined ? {} : { field: fault.field }),
          },
          hint: 'Mend the source, or say with on_error what becomes of such records.',
        },
      );
    }
    counts.note(`${fault.policy === 'quarantine' ? 'quarantined' : 'dropped'}: ${fault.rule}`, 1);
    if (fault.policy === 'drop_record') return counts.dropped();
    counts.quarantined();
    const { most, raw, stream } = this.#rules.quarantine;
    const shape = quarantineShape(stream.replaceAll('{stream}', route.way!.shape.stream));
    this.#announceShape(shape, { type: 'SCHEMA' });
    const record = quarantineRecord(original(), fault, { way: route.way!, raw, at: new Date() });
    this.#head(line, Buffer.from(JSON.stringify(shape.stream)));
    this.#out.appendText(stringifyExact(record));
    this.#out.append(line.bytes, line.recordEnd, line.end);
    this.#counts.checkQuarantined(most);
  }

  #schema(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    const before = this.#routes.get(name);
    if (before?.line.equals(line) === true) return this.#passSchema(before);
    const rules = resolveRules(this.#rules, name);
    if (rules === undefined) {
      this.#refuseNearMiss(name);
      this.#passed.add(name);
      return this.#out.append(line, 0, line.length);
    }
    if (before !== undefined) this.#flush(before);
    this.#release();
    const route = this.#routeOf(name, { message, line: Buffer.from(line), ancestors: [] });
    this.#routes.set(name, route);
    this.#current = route;
    this.#passSchema(route);
  }

  #routeOf(name: string, o: { message: JsonObject; line: Buffer; ancestors: readonly string[]; shape?: Shape }): Route {
    const rules = resolveRules(this.#rules, name)!;
    const nameIn = Buffer.from(JSON.stringify(name));
    const about = { name, line: o.line, message: o.message, nameIn };
    if (rules.kind === 'removed') {
      return { ...about, way: undefined, nameOut: nameIn, children: new Map() };
    }
    const shape = o.shape ?? shapeOf(o.message, name);
    if (shape === undefined) {
      throw faultAt(this.#place, {
        what: 'SCHEMA has no properties',
        code: 'schema-without-properties',
        facts: { stream: name },
        hint: 'A stream with rules needs an object schema with properties.',
      });
    }
    const way = compileWay(shape, rules, this.#options);
    const ancestors = [...o.ancestors, name];
    const children = new Map<string, Route>();
    for (const child of way.children) children.set(child.stream, this.#childRoute(child, ancestors));
    const nameOut = Buffer.from(JSON.stringify(way.shape.stream));
    return { ...about, way, nameOut, children };
  }

  /** A child goes the way of a stream of its name, unless it comes from that stream itself. */
  #childRoute(shape: Shape, ancestors: readonly string[]): Route {
    const { stream } = shape;
    const message = { type: 'SCHEMA', stream };
    const line = Buffer.from(stringifyExact(schemaMessage(message, shape)));
    if (!ancestors.includes(stream) && resolveRules(this.#rules, stream) !== undefined) {
      return this.#routeOf(stream, { message, line, ancestors, shape });
    }
    const way = compileWay(shape, { kind: 'rules', calls: [], path: '', personal: false, onError: undefined }, this.#options);
    const name = Buffer.from(JSON.stringify(stream));
    return { name: stream, line, message, way, nameIn: name, nameOut: name, children: new Map() };
  }

  /** Sends the SCHEMA that a stream has after its rules. */
  #passSchema({ way, message }: Route): void {
    if (way !== undefined) this.#announceText(way.shape.stream, stringifyExact(schemaMessage(message, way.shape)), true);
  }

  #announce({ way, message }: Route): void {
    if (way !== undefined) this.#announceShape(way.shape, message);
  }

  #announceShape(shape: Shape, message: JsonObject): void {
    this.#announceText(shape.stream, stringifyExact(schemaMessage(message, shape)), false);
  }

  #announceText(stream: string, text: string, again: boolean): void {
    if (!again && this.#announced.get(stream) === text) return;
    this.#announced.set(stream, text);
    this.#out.appendText(`${text}\n`);
  }

  #activate(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    const route = this.#routes.get(name);
    if (route === undefined) {
      if (!this.#passed.has(name)) throw this.#early(name, 'ACTIVATE_VERSION');
      return this.#hold(line);
    }
    if (route.way === undefined) return;
    for (const stream of streamsOf(route)) {
      if (stream === name) this.#hold(line);
      else if (this.#announced.has(stream)) this.#hold(Buffer.from(`${stringifyExact({ ...message, stream })}\n`));
    }
  }

  #batch(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    if (this.#passed.has(name)) return this.#hold(line);
    const route = this.#routes.get(name);
    if (route === undefined) throw this.#early(name, 'BATCH');
    throw new InputError(`BATCH of ${name}: the rules of the stream cannot be applied to its files yet`, {
      code: 'batch-unsupported',
    });
  }

  /** Passes a line on after all that is held back before it. */
  #hold(line: Buffer): void {
    const buffers = [...this.#routes.values()].flatMap(buffersOf);
    const waiting = this.#held.add(line, buffers);
    if (!waiting) this.#out.append(line, 0, line.length);
  }

  #release(): void {
    for (const line of this.#held.take()) this.#out.append(line, 0, line.length);
  }

  #flush(route: Route): void {
    const { way } = route;
    if (way === undefined) return;
    const line = emptyLine();
    loadRecordLine(line, { type: 'RECORD', stream: route.name, record: {} }, this.#place, way.view);
    try {
      way.flush(this.#sinkOf(route, line));
    } catch (error) {
      const fault = asFault(error);
      if (fault === undefined) throw error;
      this.#refuse(route, line, fault, () => ({}));
    }
    for (const child of route.children.values()) this.#flush(child);
  }

  #refuseNearMiss(name: string): void {
    const problems: Problem[] = this.#rules.layers.flatMap((layer) =>
      layer.guarded().flatMap(({ path, name: guarded }) =>
        nearest(guarded, [name]) !== undefined
          ? [
              {
                path,
                message: `matches no stream so far, and the stream ${name} has no rules: is it the one that is meant? If not, give ${name} an entry of its own: {}`,
              },
            ]
          : [],
      ),
    );
    if (problems.length > 0) throw new ConfigError(problems, { code: 'transform-stream', facts: { stream: name } });
  }

  #tellUnmet(): void {
    for (const layer of this.#rules.layers) {
      for (const { path, pattern } of layer.unmet()) {
        this.#rules.log.warn('Rules have met no stream', { rules: path, stream: pattern });
      }
    }
  }

  #streamOf(message: Message): string {
    const name = message['stream'];
    if (typeof name === 'string') return name;
    throw faultAt(this.#place, { what: `${message.type} has no stream name`, code: 'message-without-stream' });
  }

  #early(name: string, type: string): InputError {
    const { line } = this.#place;
    return new InputError(`Line ${line} of the input: ${type} of ${name} came before its SCHEMA`, {
      code: 'record-before-schema',
      type: 'RecordsWithoutSchemaException',
      facts: { stream: name, line },
    });
  }
}

/** The streams that a route's records leave in. */
function streamsOf({ way, children }: Route): string[] {
  return way === undefined ? [] : [way.shape.stream, ...[...children.values()].flatMap(streamsOf)];
}

function buffersOf({ way, children }: Route): Way['buffers'] {
  return way === undefined ? [] : [...way.buffers, ...[...children.values()].flatMap(buffersOf)];
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09);
}
