import { Skipped } from './check.ts';
import type { Lab, RunOptions } from './lab.ts';
import { recordLine, schemaLine, stateLine } from './messages.ts';
import type { Config } from './subject.ts';

/** A small piece of work that a subject of any kind must do well: settings and, for targets, messages. */
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

/** A job that must fail: a stream that breaks or, where none is known, a bad config; for targets a record before its schema. */
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
