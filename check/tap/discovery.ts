import { Ajv } from 'ajv';
import { check, Skipped, type Check } from '../check.ts';
import { must, mustSucceed, sameJson, story } from '../expect.ts';
import { draft7 } from '../formats.ts';
import { recordsOf, type Message } from '../messages.ts';
import { breadcrumbs, discover, metadataAt, needsCatalog, sync, type Entry } from './catalog.ts';

const TAP = ['tap'] as const;
const LINE_LIMIT = 64 * 1024;
const COLUMNS = 5000;

export const discoveryChecks: readonly Check[] = [
  check(35, 'discovery prints one catalog', TAP, async (lab) => {
    const { config } = await lab.source();
    const catalog = await discover(lab, config);
    must(catalog.streams.length > 0, 'a source with streams was discovered empty');
  }),
  check(36, 'no discovery line reaches 64 KiB', TAP, async (lab) => {
    const { config } = await lab.source('columns', COLUMNS);
    const ran = await lab.run({ config, args: ['--discover'] });
    mustSucceed(ran);
    let longest = 0;
    for (let start = 0, end = 0; end >= 0; start = end + 1) {
      end = ran.stdout.indexOf(0x0a, start);
      longest = Math.max(longest, (end < 0 ? ran.stdout.length : end) - start);
    }
    must(longest < LINE_LIMIT, `a line of discovery has ${longest} bytes`);
    const [entry] = (JSON.parse(ran.stdout.toString()) as { streams: Entry[] }).streams;
    const found = Object.keys(entry?.schema.properties ?? {}).length;
    must(found >= COLUMNS, `only ${found} of ${COLUMNS} columns were discovered`);
  }),
  check(37, 'discovery ignores catalog and state', TAP, async (lab) => {
    const { config } = await lab.source();
    const plain = await lab.run({ config, args: ['--discover'] });
    const catalog = await lab.file('old-catalog.json', '{"streams": []}');
    const state = await lab.file('old-state.json', '{"bookmarks": {"gone": {}}}');
    for (const args of [
      ['--catalog', catalog],
      ['--state', state],
      ['--catalog', catalog, '--state', state],
    ]) {
      const ran = await lab.run({ config, args: [...args, '--discover'] });
      mustSucceed(ran, `--discover ${args.join(' ')}`);
      must(ran.stdout.equals(plain.stdout), `${args.join(' ')} changes discovery: ${story(ran)}`);
    }
  }),
  check(38, 'catalog entries are complete', TAP, async (lab) => {
    const { streams } = await discover(lab, (await lab.source()).config);
    const ids = streams.map((entry) => entry.tap_stream_id);
    must(new Set(ids).size === ids.length, `stream ids repeat: ${ids.join(', ')}`);
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const entry of streams) {
      const { schema } = entry;
      const types = [schema.type ?? []].flat();
      const whole =
        typeof entry.tap_stream_id === 'string' &&
        typeof entry.stream === 'string' &&
        types.includes('object') &&
        schema.properties !== undefined &&
        Array.isArray(entry.key_properties) &&
        Array.isArray(entry.metadata);
      must(whole, `the entry ${entry.tap_stream_id} is not complete: ${JSON.stringify(entry).slice(0, 400)}`);
      must(
        ajv.validateSchema(draft7(schema)) === true,
        `the schema of ${entry.tap_stream_id} is no JSON Schema: ${ajv.errorsText()}`,
      );
      const stray = (entry.key_properties ?? []).filter((key) => !(key in (schema.properties ?? {})));
      must(stray.length === 0, `keys of ${entry.tap_stream_id} are no properties: ${stray.join(', ')}`);
    }
  }),
  check(39, 'root metadata is complete', TAP, async (lab) => {
    for (const entry of (await discover(lab, (await lab.source()).config)).streams) {
      const root = metadataAt(entry, []);
      const id = entry.tap_stream_id;
      must(typeof root['inclusion'] === 'string', `${id}: inclusion is missing in ${JSON.stringify(root)}`);
      must(typeof root['selected-by-default'] === 'boolean', `${id}: selected-by-default is missing in ${JSON.stringify(root)}`);
      must(Array.isArray(root['table-key-properties']), `${id}: table-key-properties is missing in ${JSON.stringify(root)}`);
      const keys = root['valid-replication-keys'];
      must(
        keys === undefined || (Array.isArray(keys) && keys.length > 0),
        `${id}: valid-replication-keys is ${JSON.stringify(keys)}`,
      );
    }
  }),
  check(40, 'every property has metadata', TAP, async (lab) => {
    for (const entry of (await discover(lab, (await lab.source()).config)).streams) {
      for (const { path } of breadcrumbs(entry.schema)) {
        const { inclusion } = metadataAt(entry, path);
        must(
          ['available', 'automatic', 'unsupported'].includes(String(inclusion)),
          `${entry.tap_stream_id} ${path.join('.')}: inclusion is ${String(inclusion)}`,
        );
      }
    }
  }),
  check(43, 'two discoveries are equal', TAP, async (lab) => {
    const { config } = await lab.source();
    const first = await lab.run({ config, args: ['--discover'] });
    const second = await lab.run({ config, args: ['--discover'] });
    mustSucceed(first);
    must(first.stdout.equals(second.stdout), 'two discoveries differ');
  }),
  check(44, 'a catalog passed back changes nothing', TAP, async (lab) => {
    const { config } = await lab.source();
    const catalog = await discover(lab, config);
    if (needsCatalog(lab)) throw new Skipped('it reads nothing without a catalog that selects something');
    const began = Date.now();
    const without = await sync(lab, config);
    const withCatalog = await sync(lab, config, { catalog });
    must(recordsOf(without.messages).length > 0, 'a sync without catalog gives no record');
    must(
      sameJson(timeless(without.messages, began), timeless(withCatalog.messages, began)),
      `the syncs differ: ${story(withCatalog.ran)}`,
    );
  }),
  check(42, 'unsupported fields are never emitted', TAP, async (lab) => {
    const { config } = await lab.source();
    const catalog = await discover(lab, config);
    const unsupported = catalog.streams.flatMap((entry) =>
      Object.keys(entry.schema.properties ?? {})
        .filter((name) => metadataAt(entry, ['properties', name])['inclusion'] === 'unsupported')
        .map((name) => ({ stream: entry.stream, name })),
    );
    if (unsupported.length === 0) throw new Skipped('the source has no field that cannot be read');
    const { messages } = await sync(lab, config);
    for (const { stream, name } of unsupported) {
      must(!recordsOf(messages, stream).some((message) => name in (message.record ?? {})), `${stream}.${name} is emitted`);
    }
  }),
];

/** Messages without the times of the run itself: that of their extraction, and those from `began` (milliseconds) on that a state keeps. */
function timeless(messages: readonly Message[], began: number): unknown[] {
  return messages.map((message) => {
    if (message.type !== 'STATE') return { ...message, time_extracted: undefined };
    const text = JSON.stringify(message).replaceAll(/"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g, (own, time: string) =>
      Date.parse(time) >= began ? '"now"' : own,
    );
    return JSON.parse(text) as unknown;
  });
}
