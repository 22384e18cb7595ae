import { Skipped } from './check.ts';
import type { Lab, LabStart, RunOptions } from './lab.ts';
import { recordLine, schemaLine, stateLine } from './messages.ts';
import type { Running } from './process.ts';
import type { Config } from './subject.ts';

/** A small piece of work that a subject of any kind must do well: settings and, for targets and mappers, messages. */
export async function smallJob(lab: Lab): Promise<{ readonly config: Config; readonly input: string }> {
  if (lab.subject.kind === 'tap') return { config: (await lab.source('small')).config, input: '' };
  return { config: (await lab.destination()).config, input: sampleMessages() };
}

/** Two records of one stream and a STATE after them. */
export function sampleMessages(stream = 'check_sample'): string {
  return (
    schemaLine(stream, { id: 'integer', name: 'string' }, ['id']) +
    recordLine(stream, { id: 1, name: 'Ada' }) +
    recordLine(stream, { id: 2, name: 'Grace' }) +
    stateLine(SAMPLE_STATE)
  );
}

/** The state in `sampleMessages`. */
export const SAMPLE_STATE = { bookmarks: { check_sample: { at: 2 } } };

/** A job that must fail: a stream that breaks or, where none is known, a bad config; for others a record before its schema. */
export async function failingJob(lab: Lab): Promise<RunOptions> {
  if (lab.subject.kind === 'tap') {
    const source = await lab.sourceIfAny('failing');
    if (source !== undefined) return { config: source.config };
    // A config that is refused is a failure, too, though an early one.
    const bad = lab.subject.badConfigs?.[0]?.config;
    if (bad === undefined) throw new Skipped('it needs a source of the kind "failing"');
    return { config: { ...(await lab.source()).config, ...bad } };
  }
  return { config: (await lab.destination()).config, input: recordLine('check_unannounced', { id: 1 }) };
}

const PIECE_RECORDS = 1000;

/**
 * Starts a run that writes at least so many bytes of records to stdout: a tap from a large source, a mapper from what it is fed. Its
 * input ends with the last record.
 */
export async function largeRun(
  lab: Lab,
  bytes: number,
  options: LabStart = {},
): Promise<{ readonly running: Running; readonly records: number | undefined }> {
  if (lab.subject.kind === 'tap') {
    const { config, records } = await lab.source('bytes', bytes);
    return { running: await lab.start({ ...options, config }), records };
  }
  const { config } = await lab.destination();
  const running = await lab.start({ ...options, config });
  const piece = recordLine('check_large', { id: 1, text: 'x'.repeat(900) }).repeat(PIECE_RECORDS);
  const pieces = Math.ceil(bytes / piece.length);
  void feed(running, schemaLine('check_large', { id: 'integer', text: 'string' }), piece, pieces);
  return { running, records: pieces * PIECE_RECORDS };
}

async function feed(running: Running, head: string, piece: string, pieces: number): Promise<void> {
  await running.write(head);
  for (let count = 0; count < pieces && running.alive(); count++) await running.write(piece);
  running.end();
}

/** Start of the names of a plugin's environment variables. */
export function environmentPrefix(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}

/** The settings as environment variables: text as it is, anything else as JSON. */
export function environmentOf(name: string, config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([setting, value]) => [
      `${environmentPrefix(name)}_${setting.toUpperCase()}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** A log config such as Meltano hands to plugins: JSON records at this level. */
export function structuredLogConfig(level: string): string {
  return JSON.stringify({
    version: 1,
    disable_existing_loggers: false,
    formatters: { structured: { '()': 'singer_sdk.logging.StructuredFormatter' } },
    handlers: { stderr: { class: 'logging.StreamHandler', formatter: 'structured', stream: 'ext://sys.stderr' } },
    root: { level, handlers: ['stderr'] },
  });
}
