import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import type { ValidateFunction } from 'ajv';
import { check, Skipped, type Check } from '../check.ts';
import { must, sameJson, stdoutLines, story } from '../expect.ts';
import { DATE_TIME, schemaCompiler } from '../formats.ts';
import type { Lab } from '../lab.ts';
import { messagesOf, parse, recordsOf, statesOf, type Message } from '../messages.ts';
import { excerpt } from '../process.ts';
import { discover, metadataAt, sync } from './catalog.ts';

const TAP = ['tap'] as const;

export const recordChecks: readonly Check[] = [
  check(63, 'SCHEMA comes first and once', TAP, async (lab) => {
    for (const wish of ['small', 'streams', 'files'] as const) {
      const made = wish === 'small' ? await lab.source(wish) : await lab.sourceIfAny(wish);
      if (made === undefined) continue;
      const { messages } = await sync(lab, made.config);
      const announced = new Map<string, unknown>();
      for (const message of messages) {
        if (message.stream === undefined) continue;
        if (message.type === 'SCHEMA') {
          const shape = { schema: message.schema, keys: message.key_properties };
          must(!sameJson(announced.get(message.stream), shape), `the same SCHEMA of ${message.stream} came twice`);
          announced.set(message.stream, shape);
        } else must(announced.has(message.stream), `${message.type} of ${message.stream} came before its SCHEMA`);
      }
      must(announced.size > 0, 'no SCHEMA came');
    }
  }),
  check(64, 'an empty stream is announced', TAP, async (lab) => {
    const { config } = await lab.source('empty');
    const { messages } = await sync(lab, config);
    must(recordsOf(messages).length === 0, 'the source was meant to be empty');
    must(
      messages.some((message) => message.type === 'SCHEMA'),
      `no SCHEMA came: ${JSON.stringify(messages)}`,
    );
  }),
  check(65, 'records validate', TAP, async (lab) => {
    for (const messages of await someMessages(lab)) mustValidate(messages);
  }),
  check(66, 'keys are properties and in every record', TAP, async (lab) => {
    const { config } = await lab.source('keyed');
    const { messages } = await sync(lab, config);
    const schemas = messages.filter((message) => message.type === 'SCHEMA');
    must(
      schemas.some((schema) => (schema.key_properties ?? []).length > 0),
      'no SCHEMA names keys',
    );
    for (const schema of schemas) {
      for (const key of schema.key_properties ?? []) {
        must(key in (schema.schema?.properties ?? {}), `the key ${key} is no property of ${schema.stream ?? ''}`);
        must(
          recordsOf(messages, schema.stream).every((message) => key in (message.record ?? {})),
          `a record lacks the key ${key}`,
        );
      }
    }
  }),
  check(67, 'times are RFC 3339', TAP, async (lab) => {
    const messages = (await someMessages(lab)).flat();
    let times = 0;
    for (const schema of messages.filter((message) => message.type === 'SCHEMA')) {
      for (const [name, property] of Object.entries(schema.schema?.properties ?? {})) {
        if (property.format !== 'date-time') continue;
        for (const { record } of recordsOf(messages, schema.stream)) {
          const value = record?.[name];
          if (value === null || value === undefined) continue;
          times++;
          must(typeof value === 'string' && DATE_TIME.test(value), `${name} is no RFC 3339 time with a zone`);
        }
      }
    }
    if (times === 0) throw new Skipped('the source has no times');
  }),
  check(69, 'every line is strict JSON', TAP, async (lab) => {
    const { config } = await lab.source();
    const { ran } = await sync(lab, config);
    for (const line of stdoutLines(ran)) must(parse(line) !== undefined, `a line is no strict JSON: ${excerpt(line)}`);
  }),
  check(71, 'odd text stays one line of UTF-8', TAP, async (lab) => {
    const { config, records } = await lab.source('odd-text');
    const { ran, messages } = await sync(lab, config);
    must(isUtf8(ran.stdout), 'stdout is not valid UTF-8');
    // U+2028, U+2029 and U+0085 end lines for some readers, but not in JSON lines; CR must be escaped.
    must(!ran.stdout.includes(0x0d), 'a carriage return stands bare on stdout');
    must(
      records === undefined || recordsOf(messages).length === records,
      `${records} records were read as ${recordsOf(messages).length}`,
    );
    must(recordsOf(messages).length > 0, 'no record came');
  }),
  check(72, 'time_extracted is there and past', TAP, async (lab) => {
    const { config } = await lab.source();
    const { messages } = await sync(lab, config);
    const now = Date.now();
    for (const { time_extracted: time } of recordsOf(messages)) {
      must(time !== undefined && DATE_TIME.test(time), `time_extracted is ${JSON.stringify(time)}`);
      must(Date.parse(time) <= now, `time_extracted ${time} lies in the future`);
    }
    must(recordsOf(messages).length > 0, 'no record came');
  }),
  check(87, 'FULL_TABLE versions grow and are activated at the end', TAP, async (lab) => {
    const source = await lab.source();
    const config = { ...source.config, ...lab.way('activate') };
    let catalog = await discover(lab, config);
    catalog = {
      streams: catalog.streams.map((entry) => ({
        ...entry,
        replication_method: 'FULL_TABLE',
        metadata: [
          ...(entry.metadata ?? []).filter((item) => item.breadcrumb.length > 0),
          { breadcrumb: [], metadata: { ...metadataAt(entry, []), 'replication-method': 'FULL_TABLE' } },
        ],
      })),
    };
    const first = await sync(lab, config, { catalog });
    const versions = recordsOf(first.messages).map((message) => message.version);
    must(versions.length > 0, 'no record came');
    if (versions.every((version) => version === undefined)) {
      must(!first.messages.some((message) => message.type === 'ACTIVATE_VERSION'), 'a version is activated that no record has');
      throw new Skipped('it gives no versions to FULL_TABLE streams');
    }
    const second = await sync(lab, config, { catalog, state: statesOf(first.messages).at(-1) });
    for (const stream of new Set(recordsOf(first.messages).map((message) => message.stream))) {
      const [before, after] = [first.messages, second.messages].map((messages) => versionOf(messages, stream!));
      must(before! < after!, `the version of ${stream!} must grow from run to run: ${before!}, then ${after!}`);
    }
  }),
  check(88, 'a failed stream is not activated', TAP, async (lab) => {
    const { config } = await lab.source('failing');
    const ran = await lab.run({ config: { ...config, ...lab.perhaps('activate') } });
    must(ran.code !== 0, `a failed stream must fail the run: ${story(ran)}`);
    const messages = messagesOf(ran);
    const last = messages.findLast((message) => message.type === 'RECORD')?.stream;
    must(
      !messages.some(
        (message, index) =>
          message.type === 'ACTIVATE_VERSION' &&
          message.stream === last &&
          index > messages.findLastIndex((item) => item.type === 'RECORD'),
      ),
      `ACTIVATE_VERSION of the failed stream came: ${story(ran)}`,
    );
  }),
  check(89, 'test runs are short', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const catalog = await discover(lab, config);
    for (const flag of ['--test', '--test=all']) {
      const { messages } = await sync(lab, config, { args: [flag] });
      for (const { stream } of catalog.streams) {
        const count = recordsOf(messages, stream).length;
        must(count === 1, `${flag} gives ${count} records of ${stream}`);
      }
      must(statesOf(messages).length === 0, `${flag} emits STATE`);
    }
    const { messages } = await sync(lab, config, { args: ['--test=schema'] });
    const types = new Set(messages.map((message) => message.type));
    must(types.size === 1 && types.has('SCHEMA'), `--test=schema emits ${[...types].join(', ')}`);
  }),
  check(90, 'stdin is left alone', TAP, async (lab) => {
    const { config } = await lab.source();
    const waiting = await lab.run({ config, open: true, milliseconds: 10_000 });
    must(waiting.code === 0, `it must not wait for stdin: ${story(waiting)}`);
    const junk = 'this belongs to someone else\n';
    const left = `${lab.dir}/left`;
    // A shell gives the same stdin to what comes after the tap: there it must still be.
    const command = ['sh', '-c', '"$@"; code=$?; cat >"$LEFT"; exit $code', 'sh', ...lab.subject.command];
    const ran = await lab.run({ config, command, env: { LEFT: left }, input: junk });
    must(ran.code === 0, `with input: ${story(ran)}`);
    const rest = await readFile(left, 'utf8');
    must(rest === junk, `of stdin ${JSON.stringify(rest)} was left`);
    const closed = await lab.run({ config, command: ['sh', '-c', 'exec "$@" <&-', 'sh', ...lab.subject.command] });
    must(closed.code === 0, `with stdin closed: ${story(closed)}`);
  }),
];

/** Messages of one read of each kind of source that the subject has. */
async function someMessages(lab: Lab): Promise<Message[][]> {
  const all: Message[][] = [];
  for (const wish of ['small', 'streams', 'keyed', 'odd-names', 'odd-text', 'nested', 'files'] as const) {
    const made = wish === 'small' ? await lab.source(wish) : await lab.sourceIfAny(wish);
    if (made !== undefined) all.push((await sync(lab, made.config)).messages);
  }
  return all;
}

function mustValidate(messages: readonly Message[]): void {
  const compile = schemaCompiler();
  const validators = new Map<string, ValidateFunction>();
  let records = 0;
  for (const { type, stream = '', schema, record } of messages) {
    if (type === 'SCHEMA' && schema !== undefined) validators.set(stream, compile(schema));
    if (type !== 'RECORD') continue;
    const validate = validators.get(stream);
    must(validate !== undefined, `a RECORD of ${stream} came before its SCHEMA`);
    records++;
    must(validate(record), `record ${records} of ${stream} breaks its SCHEMA: ${JSON.stringify(validate.errors)}`);
  }
  must(records > 0, 'no record came');
}

/** The one version of a stream's records, activated after the last of them. */
function versionOf(messages: readonly Message[], stream: string): number {
  const versions = new Set(recordsOf(messages, stream).map((message) => message.version));
  must(versions.size === 1, `the records of ${stream} have the versions ${[...versions].join(', ')}`);
  const [version] = versions;
  must(typeof version === 'number', `a record of ${stream} has no version`);
  const end = messages.findLastIndex((message) => message.type === 'RECORD' && message.stream === stream);
  const activated = messages.findLast((message) => message.type === 'ACTIVATE_VERSION' && message.stream === stream);
  must(activated?.version === version && messages.indexOf(activated) > end, `${stream} must be activated after its last row`);
  return version;
}
