import type { CoreConfig } from './announcement.ts';
import type { RecordCount } from './bad-records.ts';
import { ByteBlocks, type BlockPool } from './blocks.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import type { Destination, Encoder, Part, Quarantine, RefusedRecord, StreamHeader } from './destination.ts';
import { addToQuarantine, quarantineConfig, quarantineHeader, quarantineRow, quarantineTaken } from './quarantine.ts';

export interface RefusedRecordsOptions {
  readonly destination: Pick<Destination, 'openStream'>;
  /** The target's config with what `stream_options` says of the quarantine. */
  readonly config: CoreConfig;
  readonly count: RecordCount;
  readonly meter: Meter;
  readonly log: Log;
  readonly pool: BlockPool;
  readonly runId: string;
  /** True for the name of a stream of the input. */
  readonly isStream: (name: string) => boolean;
}

/**
 * Records that had been taken and that the destination's system refuses while it loads them. They become rows of the quarantine, like
 * those that were bad before; their lines are no longer known.
 */
export class RefusedRecords implements Quarantine {
  readonly #o: RefusedRecordsOptions;
  #open: { readonly header: StreamHeader; readonly encoder: Encoder } | undefined;
  /** How many have been told to the meter. */
  #metered = 0;

  constructor(options: RefusedRecordsOptions) {
    this.#o = options;
  }

  /** The quarantine's name, once something has been refused. */
  get stream(): string | undefined {
    return this.#open?.header.stream;
  }

  allow(refused: number): void {
    this.#o.count.refused(refused);
  }

  async partOf(records: readonly RefusedRecord[], refused: number): Promise<Part> {
    const { log, meter, pool, runId } = this.#o;
    const { header, encoder } = (this.#open ??= await this.#opened());
    const blocks = new ByteBlocks(pool);
    for (const { stream, record, fault } of records) {
      const row = quarantineRow(record, fault, { stream, place: undefined, runId, now: Date.now() });
      addToQuarantine({ header, encoder, blocks }, row);
      log.warnOnce(`refused ${stream} ${fault.code}`, 'Records that the destination refuses go to the quarantine', {
        stream,
        code: fault.code,
        property: row['property'],
        rule: row['rule'],
        quarantine: header.stream,
      });
    }
    // A unit that is loaded again refuses the same records again.
    if (refused > this.#metered) meter.records(header.stream, refused - this.#metered, blocks.size);
    this.#metered = Math.max(this.#metered, refused);
    return { header, encoder, ...blocks.takeAll() };
  }

  async #opened(): Promise<{ readonly header: StreamHeader; readonly encoder: Encoder }> {
    const { config, destination, isStream } = this.#o;
    const header = quarantineHeader(config.quarantine_stream);
    if (isStream(header.stream)) throw quarantineTaken();
    const encoder = await destination.openStream(header, quarantineConfig(config));
    if (encoder !== undefined) return { header, encoder };
    throw new ConfigError([{ path: 'quarantine_stream', message: 'the destination does not take this stream' }]);
  }
}
