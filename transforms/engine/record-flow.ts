import { type ByteBlocks, ConfigError, type JsonObject, RecordError, stringifyExact } from '../../singer/index.ts';
import { type Place } from '../../singer/mapper/index.ts';
import type { RecordFault } from '../fault.ts';
import type { StreamCounts } from './counts.ts';
import type { SentRecords } from './sent.ts';
import { emptyLine, isAt, lineWith, originalOf, type RecordLine, restOf } from './message-line.ts';
import { quarantineRecord, quarantineShape } from './quarantine.ts';
import type { Route } from './route.ts';
import type { QuarantineOptions } from './rule-set.ts';
import { schemaMessage } from './shape.ts';
import type { Shape } from '../rule.ts';
import { asFault, type WaySink } from './way.ts';

/** Where bare records go in place of RECORD lines, while those of a BATCH are rewritten. */
export interface BareOutput {
  readonly route: Route;
  readonly out: ByteBlocks;
}

export interface RecordFlowOptions {
  readonly out: ByteBlocks;
  /** The line that the record under way came in: what stands around the record is taken from there. */
  readonly line: RecordLine;
  readonly place: Place;
  readonly counts: StreamCounts;
  readonly sent: SentRecords;
  readonly quarantine: QuarantineOptions;
}

/** Runs records through the rules of their streams and writes what comes out: records, those of other streams, and what is put aside. */
export class RecordFlow {
  bare: BareOutput | undefined;
  readonly #o: RecordFlowOptions;
  readonly #sinks = new Map<Route, WaySink>();
  /** The SCHEMA line that each stream had last, by the name under which it leaves. */
  readonly #announced = new Map<string, string>();
  readonly #texts = new WeakMap<Shape, string>();
  /** The routes (by source) that end in each stream which leaves. */
  readonly #sources = new Map<string, Set<string>>();
  /** The line whose record is under way: the one that was read, or one made for a record that was held back. */
  #line: RecordLine;
  /** The last one made: neighbours mostly have the same. */
  #made = { rest: '', line: emptyLine() };

  constructor(options: RecordFlowOptions) {
    this.#o = options;
    this.#line = options.line;
  }

  /**
   * Runs the record that the route's view has read. `record` is it as a value where it did not come in a line of its own. Throws
   * RecordError for one that must end the run.
   */
  run(route: Route, record?: JsonObject): void {
    try {
      route.way!.run(this.#sinkOf(route));
    } catch (error) {
      const fault = asFault(error);
      if (fault === undefined) throw error;
      this.#refuse(route, fault, record);
    }
  }

  /** Gives out what the route's rules hold, piece by piece; `last`: the input has ended. */
  *flush(route: Route, last: boolean): Generator<void> {
    const { way } = route;
    if (way === undefined) return;
    if (way.buffers.length > 0) {
      this.#line = this.#lineWith('{}');
      try {
        yield* way.flush(this.#sinkOf(route), last);
      } catch (error) {
        const fault = asFault(error);
        if (fault === undefined) throw error;
        this.#refuse(route, fault, {});
      } finally {
        this.#line = this.#o.line;
      }
    }
    for (const child of route.children.values()) yield* this.flush(child, last);
  }

  /** Sends the SCHEMA that the route's stream has after its rules; not again, if only `missing` ones are to be sent. */
  announce(route: Route, { missing = false } = {}): void {
    if (route.way === undefined || route.way.isGone) return;
    const { shape } = route.way;
    const text = this.#textOf(shape, route.message);
    this.#claim(shape.stream, route.source, text);
    this.#announceText(shape.stream, text, !missing);
  }

  /** The SCHEMA line of a stream without rules. */
  announcePassed(stream: string, line: Buffer): void {
    const text = line.toString().trimEnd();
    this.#claim(stream, stream, text);
    this.#announced.set(stream, text);
    this.#o.out.append(line, 0, line.length);
  }

  /** Sends records of a stream of our own. */
  add(shape: Shape, records: readonly JsonObject[]): void {
    const { out } = this.#o;
    this.#announceText(shape.stream, schemaText(shape, {}), true);
    for (const record of records) {
      out.appendText(`${stringifyExact({ type: 'RECORD', stream: shape.stream, record })}\n`);
    }
  }

  /** The routes that end in a stream. */
  sourcesOf(stream: string): readonly string[] {
    return [...(this.#sources.get(stream) ?? [])];
  }

  /** Several routes may end in one stream if they agree on its SCHEMA. Throws ConfigError if they do not. */
  #claim(stream: string, source: string, text: string): void {
    let sources = this.#sources.get(stream);
    if (sources === undefined) this.#sources.set(stream, (sources = new Set()));
    if (this.#announced.get(stream) !== text) {
      const others = [...sources].filter((other) => other !== source);
      if (others.length > 0) {
        const message = `${source} and ${others.join(', ')} would both become the stream ${stream}, with different schemas; give one of them another name`;
        throw new ConfigError([{ path: '', message }], { code: 'transform-stream', facts: { stream } });
      }
    }
    sources.add(source);
  }

  #textOf(shape: Shape, message: JsonObject): string {
    let text = this.#texts.get(shape);
    if (text === undefined) this.#texts.set(shape, (text = schemaText(shape, message)));
    return text;
  }

  #lineWith(rest: string): RecordLine {
    if (this.#made.rest !== rest) this.#made = { rest, line: lineWith('', rest) };
    return this.#made.line;
  }

  /** Does something while a record that was held back is under way, if it is one. */
  #during(rest: string | undefined, act: () => void): void {
    if (rest === undefined) return act();
    const before = this.#line;
    this.#line = this.#lineWith(rest);
    try {
      act();
    } finally {
      this.#line = before;
    }
  }

  #sinkOf(route: Route): WaySink {
    const known = this.#sinks.get(route);
    if (known !== undefined) return known;
    const { counts, out } = this.#o;
    const count = counts.of(route.name);
    const sent = this.#o.sent.of(route.way!.shape.stream);
    const sink: WaySink = {
      record: (record, rest) => {
        count.left();
        sent.records++;
        if (this.bare?.route === route && rest === undefined) {
          const { out } = this.bare;
          record.write(out);
          out.appendText('\n');
          out.rows++;
          return;
        }
        const line = rest === undefined ? this.#line : this.#lineWith(rest);
        this.#head(line, route.nameOut);
        record.write(out);
        out.append(line.bytes, line.recordEnd, line.end);
      },
      child: (name, record, rest) => {
        const child = route.children.get(name)!;
        const { way } = child;
        if (way === undefined) return;
        this.announce(child, { missing: true });
        way.view.load(record);
        counts.of(name).came();
        this.#during(rest, () => this.run(child, record));
      },
      refused: (error, record, rest) => {
        const fault = asFault(error);
        if (fault === undefined) throw error;
        this.#during(rest, () => this.#refuse(route, fault, record));
      },
      rest: () => restOf(this.#line, this.#o.place),
    };
    this.#sinks.set(route, sink);
    return sink;
  }

  /** What stands before the record in its line, with the name of the stream that it leaves in. */
  #head(line: RecordLine, name: Buffer): void {
    const { out } = this.#o;
    if (line.streamEnd - line.streamStart === name.length && isAt(line.bytes, line.streamStart, name)) {
      return out.append(line.bytes, line.start, line.recordStart);
    }
    out.append(line.bytes, line.start, line.streamStart);
    out.append(name, 0, name.length);
    out.append(line.bytes, line.streamEnd, line.recordStart);
  }

  #refuse(route: Route, fault: RecordFault, record: JsonObject | undefined): void {
    const { counts, out, place, quarantine, sent } = this.#o;
    const line = this.#line;
    const { name } = route;
    const count = counts.of(name);
    if (fault.policy === 'fail') throw failure(name, fault, place);
    count.note(`${fault.policy === 'quarantine' ? 'quarantined' : 'dropped'}: ${fault.rule}`, 1);
    if (fault.policy === 'drop_record') return count.dropped();
    count.quarantined();
    const shape = quarantineShape(quarantine.stream.replaceAll('{stream}', route.way!.shape.stream));
    this.#announceText(shape.stream, schemaText(shape, {}), false);
    const kept = quarantineRecord(record ?? originalOf(line, place), fault, {
      way: route.way!,
      raw: quarantine.raw,
      at: new Date(),
    });
    this.#head(line, Buffer.from(JSON.stringify(shape.stream)));
    out.appendText(stringifyExact(kept));
    out.append(line.bytes, line.recordEnd, line.end);
    sent.of(shape.stream).records++;
    counts.checkQuarantined(quarantine.most);
  }

  #announceText(stream: string, text: string, again: boolean): void {
    if (!again && this.#announced.get(stream) === text) return;
    this.#announced.set(stream, text);
    this.#o.out.appendText(`${text}\n`);
  }
}

function schemaText(shape: Shape, message: JsonObject): string {
  return stringifyExact(schemaMessage(message, shape));
}

function failure(stream: string, { field, message, rule }: RecordFault, { file, line }: Place): RecordError {
  const where = field === undefined ? '' : ` in ${field}`;
  return new RecordError(
    `Line ${line} of ${file ?? 'the input'}: a record of ${stream} cannot be transformed${where}: ${message}`,
    {
      code: 'transform-failed',
      facts: { stream, rule, line, ...(file === undefined ? {} : { file }), ...(field === undefined ? {} : { field }) },
      hint: 'Mend the source, or say with on_error what becomes of such records.',
    },
  );
}
