import { check, Skipped, type Check } from '../check.ts';
import { must, mustSucceed, stderrLines, story } from '../expect.ts';
import { environmentPrefix, failingJob, smallJob, structuredLogConfig } from '../job.ts';
import type { Lab } from '../lab.ts';
import { isObject, line, messagesOf, parse, recordLine, recordsOf, schemaLine, stateLine } from '../messages.ts';
import { excerpt, type Ran } from '../process.ts';
import { capabilitiesOf } from './flags.ts';

const ALL = ['tap', 'target', 'mapper'] as const;
const MAX_LINE_BYTES = 16 * 1024;
const RECORD_FIELDS = ['level', 'pid', 'logger_name', 'ts', 'thread_name', 'app_name', 'stream_name', 'message', 'extra'];
const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'];
/** Names that collide with arguments of the logger that Meltano calls with `extra`. */
const FORBIDDEN = ['name', 'event', 'level', 'self', 'plugin_exception', 'plugin_logger'];

type LogRecord = Readonly<Record<string, unknown>>;

export const logChecks: readonly Check[] = [
  check(24, 'log lines are at most 16 KiB', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const ran = await lab.run({ config: { ...config, [`check_${'long'.repeat(20_000)}`]: 1 }, input });
    const lines = stderrLines(ran);
    const longest = Math.max(0, ...lines.map((line) => Buffer.byteLength(line)));
    must(longest <= MAX_LINE_BYTES, `a log line has ${longest} bytes`);
    if (longest < 1024) throw new Skipped('it could not be made to log a long line');
  }),
  check(25, 'plain lines are no JSON', ALL, async (lab) => {
    for (const ran of [await goodRun(lab), await badRun(lab)]) {
      for (const line of stderrLines(ran)) must(parse(line) === undefined, `a plain log line is JSON: ${excerpt(line)}`);
    }
  }),
  check(26, 'structured records are complete', ALL, async (lab) => {
    const records = [...(await goodRecords(lab)), ...(await badRecords(lab))];
    must(records.length > 0, 'nothing was logged');
    for (const record of records) {
      const missing = RECORD_FIELDS.filter((field) => !(field in record));
      must(missing.length === 0, `a record lacks ${missing.join(', ')}: ${excerpt(JSON.stringify(record))}`);
      const { level, pid, logger_name: logger, ts, stream_name: stream, message, extra } = record;
      const right =
        LEVELS.includes(String(level)) &&
        Number.isInteger(pid) &&
        typeof logger === 'string' &&
        typeof ts === 'number' &&
        Math.abs(ts - Date.now() / 1000) < 600 &&
        (stream === null || typeof stream === 'string') &&
        typeof message === 'string' &&
        isObject(extra);
      must(right, `a record has a field of the wrong type: ${excerpt(JSON.stringify(record))}`);
    }
  }),
  check(27, 'extra has no forbidden name', ALL, async (lab) => {
    for (const record of [...(await goodRecords(lab)), ...(await badRecords(lab))]) {
      const found = Object.keys(isObject(record['extra']) ? record['extra'] : {}).filter((name) => FORBIDDEN.includes(name));
      must(found.length === 0, `extra holds ${found.join(', ')}`);
    }
  }),
  check(28, 'a structured failure has its frames', ALL, async (lab) => {
    const failures = (await badRecords(lab)).map((record) => record['exception']).filter(isObject);
    must(failures.length > 0, 'a failed run logged no exception');
    for (const failure of failures) {
      must(
        typeof failure['type'] === 'string' && 'module' in failure && typeof failure['message'] === 'string',
        `type, module and message: ${excerpt(JSON.stringify(failure))}`,
      );
      const frames = failure['traceback'];
      must(Array.isArray(frames), `traceback must be a list: ${excerpt(JSON.stringify(failure))}`);
      for (const frame of frames as unknown[]) {
        const whole = isObject(frame) && ['filename', 'function', 'lineno', 'line'].every((part) => part in frame);
        must(whole, `a frame is not complete: ${excerpt(JSON.stringify(frame))}`);
      }
    }
  }),
  check(29, 'structured metrics', ALL, async (lab) => {
    const metrics = (await goodRecords(lab)).filter((record) => 'metric_info' in record && record['metric_info'] !== null);
    must(metrics.length > 0, 'no metric was logged');
    for (const record of metrics) {
      must(record['message'] === 'METRIC', `the message of a metric is ${JSON.stringify(record['message'])}`);
      mustBeMetric(record['metric_info']);
    }
  }),
  check(30, 'plain metrics', ALL, async (lab) => {
    const metrics = stderrLines(await goodRun(lab)).filter((line) => line.includes('METRIC'));
    must(metrics.length > 0, 'no metric was logged');
    for (const metric of metrics) {
      must(metric.startsWith('INFO METRIC: '), `a metric line must begin with INFO METRIC: ${excerpt(metric)}`);
      mustBeMetric(parse(metric.slice('INFO METRIC: '.length)));
    }
  }),
  check(31, 'levels silence lower records', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const job = { config: { ...config, check_unknown_setting: 1 }, input };
    must(
      stderrLines(await lab.run(job)).some((line) => /^.{0,60}\bINFO\b/.test(line)),
      'no INFO line by default, so nothing to silence',
    );
    const own = `${environmentPrefix(lab.subject.name)}_LOGLEVEL`;
    for (const env of [{ LOGLEVEL: 'WARNING' }, { [own]: 'warning' }, { [own]: 'ERROR', LOGLEVEL: 'DEBUG' }] as Record<
      string,
      string
    >[]) {
      const ran = await lab.run({ ...job, env });
      mustSucceed(ran);
      must(
        !stderrLines(ran).some((line) => /^.{0,60}\b(INFO|DEBUG)\b/.test(line)),
        `${JSON.stringify(env)} must silence INFO: ${story(ran)}`,
      );
    }
    const log = await lab.file('quiet.json', structuredLogConfig('WARNING'));
    const ran = await lab.run({ ...job, env: { SINGER_SDK_LOG_CONFIG: log } });
    const loud = recordsIn(ran).filter((record) => record['level'] === 'info' || record['level'] === 'debug');
    must(loud.length === 0, `the level of the log config must silence info: ${story(ran)}`);
  }),
  check(32, 'record_count adds up', ALL, async (lab) => {
    const { config, input } = await smallJob(lab);
    const ran = await lab.run({ config, input });
    mustSucceed(ran);
    const sent = recordsOf(lab.subject.kind === 'target' ? messagesOf({ stdout: Buffer.from(input) }) : messagesOf(ran));
    const counts = stderrLines(ran)
      .flatMap((line) => /METRIC: (\{.*\})/.exec(line)?.[1] ?? [])
      .map((text) => parse(text))
      .filter((metric) => isObject(metric) && metric['metric'] === 'record_count') as {
      value: number;
      tags: { stream?: string };
    }[];
    for (const stream of new Set(sent.map((message) => message.stream))) {
      const told = counts.filter((count) => count.tags.stream === stream).reduce((sum, count) => sum + count.value, 0);
      const real = recordsOf(sent, stream).length;
      must(told === real, `record_count of ${stream} adds up to ${told}, not ${real}: ${story(ran)}`);
    }
  }),
  check(33, "Meltano's loader test stays calm", ['target'], async (lab) => {
    const { config } = await lab.destination();
    const versions = (await capabilitiesOf(lab)).includes('activate-version');
    const stream = 'meltano_test_stream';
    const input =
      schemaLine(
        stream,
        { id: { type: 'integer' }, name: 'string', amount: 'number', at: { type: ['null', 'string'], format: 'date-time' } },
        ['id'],
      ) +
      recordLine(stream, { id: 1, name: 'Alice', amount: 1.5, at: '2026-01-01T00:00:00Z' }) +
      (versions ? line({ type: 'ACTIVATE_VERSION', stream, version: 1 }) : '') +
      stateLine({ bookmarks: { [stream]: { id: 1 } } });
    for (const level of ['INFO', 'DEBUG']) {
      const log = await lab.file(`log-${level}.json`, structuredLogConfig(level));
      for (const env of [{ LOGLEVEL: level }, { SINGER_SDK_LOG_CONFIG: log }] as Record<string, string>[]) {
        const ran = await lab.run({ config, input, env });
        mustSucceed(ran, `the loader test at ${level}`);
        const told = [...stderrLines(ran), ran.stdout.toString()].find((line) => /error|exception/i.test(line));
        must(told === undefined, `a line of a good run holds one of the words: ${excerpt(told ?? '')}`);
      }
    }
  }),
];

function mustBeMetric(metric: unknown): void {
  const right =
    isObject(metric) &&
    ['counter', 'timer'].includes(String(metric['type'])) &&
    typeof metric['metric'] === 'string' &&
    typeof metric['value'] === 'number' &&
    isObject(metric['tags']);
  must(right, `no metric: ${excerpt(JSON.stringify(metric) ?? 'undefined')}`);
}

async function goodRun(lab: Lab, env: Record<string, string> = {}): Promise<Ran> {
  const ran = await lab.run({ ...(await smallJob(lab)), env });
  mustSucceed(ran);
  return ran;
}

async function badRun(lab: Lab, env: Record<string, string> = {}): Promise<Ran> {
  const ran = await lab.run({ ...(await failingJob(lab)), env });
  must(ran.code !== 0, `a broken job should fail: ${story(ran)}`);
  return ran;
}

async function goodRecords(lab: Lab): Promise<LogRecord[]> {
  return recordsIn(await goodRun(lab, { SINGER_SDK_LOG_CONFIG: await lab.file('good-log.json', structuredLogConfig('DEBUG')) }));
}

async function badRecords(lab: Lab): Promise<LogRecord[]> {
  return recordsIn(await badRun(lab, { SINGER_SDK_LOG_CONFIG: await lab.file('bad-log.json', structuredLogConfig('INFO')) }));
}

/** The structured log records of a run. Throws when a line is none. */
function recordsIn(ran: Ran): LogRecord[] {
  return stderrLines(ran).map((line) => {
    const record = parse(line);
    must(isObject(record), `a structured line is no JSON object: ${excerpt(line)}`);
    return record;
  });
}
