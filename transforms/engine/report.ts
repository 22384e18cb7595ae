import { rename, rm, writeFile } from 'node:fs/promises';
import { type JsonObject, type Log, SystemError } from '../../singer/index.ts';
import type { Finding } from '../checks/judge.ts';
import type { Shape } from '../rule.ts';
import type { StreamCounts } from './counts.ts';

/** What the report file holds, as JSON. */
export interface Report {
  /** ISO times. */
  readonly started: string;
  readonly ended: string;
  /** False: the run ended before it had seen all, so that the checks speak of a part. */
  readonly complete: boolean;
  readonly checks: readonly Finding[];
}

const TIME = { type: 'string', format: 'date-time' };
const COUNT = { type: 'integer' };

/** The stream of what the checks have found: one record per check and run. */
export function qualityShape(stream: string): Shape {
  const text = { type: 'string' };
  return {
    stream,
    schema: {
      type: 'object',
      properties: {
        rule: text,
        stream: text,
        check: text,
        field: text,
        severity: text,
        status: text,
        passed: COUNT,
        failed: COUNT,
        unjudged: COUNT,
        observed: { type: ['string', 'null'] },
        samples: { type: 'array', items: COUNT },
        started: TIME,
        ended: TIME,
      },
      required: ['started', 'rule', 'stream', 'field'],
    },
    keys: ['started', 'rule', 'stream', 'field'],
    bookmarks: [],
    privacy: {},
  };
}

export function qualityRecord(
  { check, field, observed, path, samples, ...finding }: Finding,
  o: { started: string; ended: string },
): JsonObject {
  const { failed, passed, severity, status, stream, unjudged } = finding;
  return {
    rule: path,
    stream,
    check,
    field: field ?? '',
    severity,
    status,
    passed,
    failed,
    unjudged,
    observed: observed === undefined ? null : String(observed),
    samples,
    started: o.started,
    ended: o.ended,
  };
}

/** The stream of the counts of each stream. */
export function statsShape(stream: string): Shape {
  return {
    stream,
    schema: {
      type: 'object',
      properties: {
        stream: { type: 'string' },
        records_read: COUNT,
        records_written: COUNT,
        records_dropped: COUNT,
        records_quarantined: COUNT,
        started: TIME,
        ended: TIME,
      },
      required: ['stream', 'started'],
    },
    keys: ['stream', 'started'],
    bookmarks: [],
    privacy: {},
  };
}

export function statsRecords(counts: StreamCounts): JsonObject[] {
  return counts.all().map(([stream, count]) => ({
    stream,
    records_read: count.records,
    records_written: count.written,
    records_dropped: count.leftOut,
    records_quarantined: count.putAside,
    started: count.started.toISOString(),
    ended: count.ended.toISOString(),
  }));
}

/** Says in one line what the checks have found. */
export function tellFindings(findings: readonly Finding[], log: Log, complete: boolean): void {
  if (findings.length === 0) return;
  const wrong = findings.filter(({ failed, status }) => failed > 0 || status !== 'passed');
  const facts = {
    checks: findings.length,
    passed: findings.filter(({ status }) => status === 'passed').length,
    broken: findings.filter(({ status }) => status === 'broken').length,
    ...(complete ? {} : { complete }),
    ...(wrong.length > 0 ? { findings: wrong.map(findingText).join('; ') } : {}),
  };
  if (facts.broken > 0) log.warn('Checks', facts);
  else log.info('Checks', facts);
}

function findingText({ check, failed, field, passed, status, stream }: Finding): string {
  const what = `${stream}: ${check}${field === undefined ? '' : ` ${field}`}`;
  return `${what} ${failed} of ${passed + failed}${status === 'passed' ? '' : ` (${status})`}`;
}

/** Writes the report in one step. Throws SystemError. */
export async function writeReport(file: string, report: Report): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(report, undefined, 2)}\n`);
    await rename(temporary, file);
  } catch (cause) {
    // Where the folder is none, this fails, too; the first failure is the one to tell.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new SystemError(`The report of the checks cannot be written: ${file}`, {
      code: 'report-unwritable',
      facts: { file, reason: (cause as NodeJS.ErrnoException).code },
      hint: 'See that the folder is there and may be written to (setting report).',
      cause,
    });
  }
}
