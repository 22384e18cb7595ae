import { type ByteBlocks, type JsonObject, type Place, RecordError, stringifyExact } from '../../singer/index.ts';
import type { RecordFault } from '../fault.ts';
import type { StreamCounts } from './counts.ts';
import { loadRecordLine, originalOf, type RecordLine } from './message-line.ts';
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
  readonly quarantine: QuarantineOptions;
}

/** Runs records through the rules of their streams and writes what comes out: records, those of other streams, and what is put aside. */
export class RecordFlow {
  bare: BareOutput | undefined;
  readonly #o: RecordFlowOptions;
  readonly #sinks = new Map<Route, WaySink>();
  /** The SCHEMA line that each stream had last. */
  readonly #announced = new Map<string, string>();

  constructor(options: RecordFlowOptions) {
    this.#o = options;
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

  /** Gives out what the route's rules hold. */
  flush(route: Route): void {
    const { way } = route;
    if (way === undefined) return;
    if (way.buffers.length > 0) {
      const { line, place } = this.#o;
      loadRecordLine(line, { type: 'RECORD', stream: route.name, record: {} }, place, way.view);
      try {
        way.flush(this.#sinkOf(route));
      } catch (error) {
        const fault = asFault(error);
        if (fault === undefined) throw error;
        this.#refuse(route, fault, {});
      }
    }
    for (const child of route.children.values()) this.flush(child);
  }

  /** Sends the SCHEMA that the route's stream has after its rules. */
  announce({ way, message }: Route): void {
    if (way !== undefined) this.#announceText(way.shape.stream, schemaText(way.shape, message), true);
  }

  /** True once a SCHEMA of the stream was sent. */
  hasAnnounced(stream: string): boolean {
    return this.#announced.has(stream);
  }

  #sinkOf(route: Route): WaySink {
    const known = this.#sinks.get(route);
    if (known !== undefined) return known;
    const { counts, line, out } = this.#o;
    const count = counts.of(route.name);
    const sink: WaySink = {
      record: (record) => {
        count.left();
        if (this.bare?.route === route) {
          const { out } = this.bare;
          record.write(out);
          out.appendText('\n');
          out.rows++;
          return;
        }
        this.#head(route.nameOut);
        record.write(out);
        out.append(line.bytes, line.recordEnd, line.end);
      },
      child: (name, record) => {
        const child = route.children.get(name)!;
        if (child.way === undefined) return;
        this.#announceText(child.way.shape.stream, schemaText(child.way.shape, child.message), false);
        child.way.view.load(record);
        counts.of(name).came();
        this.run(child, record);
      },
    };
    this.#sinks.set(route, sink);
    return sink;
  }

  /** What stands before the record in its line, with the name of the stream that it leaves in. */
  #head(name: Buffer): void {
    const { line, out } = this.#o;
    out.append(line.bytes, line.start, line.streamStart);
    out.append(name, 0, name.length);
    out.append(line.bytes, line.streamEnd, line.recordStart);
  }

  #refuse(route: Route, fault: RecordFault, record: JsonObject | undefined): void {
    const { counts, line, out, place, quarantine } = this.#o;
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
    this.#head(Buffer.from(JSON.stringify(shape.stream)));
    out.appendText(stringifyExact(kept));
    out.append(line.bytes, line.recordEnd, line.end);
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
