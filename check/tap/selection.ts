import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustSay, mustSucceed, sameJson, story } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { bookmarksOf, isObject, messagesOf, recordsOf, statesOf, type Message, type Schema } from '../messages.ts';
import type { Config } from '../subject.ts';
import {
  annotate,
  attempt,
  breadcrumbs,
  change,
  discover,
  freeProperties,
  metadataAt,
  only,
  schemaOf,
  sync,
  type Catalog,
  type Entry,
} from './catalog.ts';

const TAP = ['tap'] as const;

export const selectionChecks: readonly Check[] = [
  check(45, 'automatic fields stay though deselected', TAP, async (lab) => {
    const { config, catalog, entry, name } = await sample(lab);
    const id = entry.tap_stream_id;
    const forced = annotate(catalog, id, ['properties', name], { inclusion: 'automatic', selected: false });
    const { messages } = await sync(lab, config, { catalog: forced });
    must(emitted(messages, entry.stream).has(name), `${name} is automatic and must be emitted`);
  }),
  check(46, 'unsupported fields go though selected', TAP, async (lab) => {
    const { config, catalog, entry, name } = await sample(lab);
    const edited = annotate(catalog, entry.tap_stream_id, ['properties', name], {
      inclusion: 'unsupported',
      selected: true,
    });
    const { messages } = await sync(lab, config, { catalog: edited });
    must(!emitted(messages, entry.stream).has(name), `${name} is unsupported and must not be emitted`);
    must(!(name in (schemaOf(messages, entry.stream).schema.properties ?? {})), `${name} must not be in SCHEMA`);
  }),
  check(47, 'a field without selection follows its parent', TAP, async (lab) => {
    const { config, catalog, entry } = await sample(lab);
    const bare = change(catalog, entry.tap_stream_id, (old) => ({
      ...old,
      metadata: [{ breadcrumb: [], metadata: { ...metadataAt(old, []), selected: true } }],
    }));
    const { messages } = await sync(lab, config, { catalog: bare });
    const wanted = Object.keys(entry.schema.properties ?? {}).filter(
      (name) => metadataAt(entry, ['properties', name])['inclusion'] !== 'unsupported',
    );
    const found = Object.keys(schemaOf(messages, entry.stream).schema.properties ?? {});
    must(sameJson([...found].sort(), [...wanted].sort()), `all of ${wanted.join(', ')} must be emitted, not ${found.join(', ')}`);
  }),
  check(48, 'a deselected stream gives nothing', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const catalog = await discover(lab, config);
    const [kept, ...others] = catalog.streams;
    must(kept !== undefined && others.length > 0, 'the source must have two streams');
    const { messages } = await sync(lab, config, { catalog: only(catalog, kept.tap_stream_id) });
    const heard = new Set(messages.flatMap((message) => message.stream ?? []));
    must(heard.has(kept.stream) && heard.size === 1, `only ${kept.stream} is selected, heard of: ${[...heard].join(', ')}`);
    // One stream selected, the others without any selection of their own.
    const silent: Catalog = {
      streams: catalog.streams.map((entry) => ({
        ...entry,
        metadata: [{ breadcrumb: [], metadata: entry === kept ? { selected: true } : { inclusion: 'available' } }],
      })),
    };
    const second = await sync(lab, config, { catalog: silent });
    const alone = new Set(second.messages.flatMap((message) => message.stream ?? []));
    must(alone.has(kept.stream) && alone.size === 1, `only ${kept.stream} has a selection, heard of: ${[...alone].join(', ')}`);
  }),
  check(49, 'old selection keys count unless metadata says otherwise', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const catalog = await discover(lab, config);
    const [kept, dropped] = catalog.streams;
    must(kept !== undefined && dropped !== undefined, 'the source must have two streams');
    const forms: readonly ((entry: Entry, selected: boolean) => Entry)[] = [
      (entry, selected) => ({ ...entry, metadata: [], selected }),
      (entry, selected) => ({ ...entry, metadata: [], schema: { ...entry.schema, selected } }),
      // Metadata says otherwise, and wins.
      (entry, selected) => ({ ...entry, selected: !selected, metadata: [{ breadcrumb: [], metadata: { selected } }] }),
    ];
    for (const form of forms) {
      const edited: Catalog = { streams: catalog.streams.map((entry) => form(entry, entry === kept)) };
      const { messages, ran } = await sync(lab, config, { catalog: edited });
      must(recordsOf(messages, kept.stream).length > 0, `${kept.stream} is selected and gives nothing: ${story(ran)}`);
      must(recordsOf(messages, dropped.stream).length === 0, `${dropped.stream} is deselected and is read: ${story(ran)}`);
    }
    const [name] = freeProperties(kept);
    must(name !== undefined, 'the stream has no free property');
    const inSchema = change(only(catalog, kept.tap_stream_id), kept.tap_stream_id, (entry) => ({
      ...entry,
      metadata: [{ breadcrumb: [], metadata: { selected: true } }],
      schema: {
        ...entry.schema,
        properties: { ...entry.schema.properties, [name]: { ...entry.schema.properties?.[name], selected: false } },
      },
    }));
    const { messages } = await sync(lab, config, { catalog: inSchema });
    must(!emitted(messages, kept.stream).has(name), `${name} is deselected in the schema and is emitted`);
  }),
  check(50, 'an object whose children are all deselected is whole', TAP, async (lab) => {
    const { config, catalog, entry, object } = await nested(lab);
    const all = await sync(lab, config, { catalog });
    const edited = object.children.reduce(
      (sum, child) => annotate(sum, entry.tap_stream_id, [...object.path, 'properties', child], { selected: false }),
      annotate(catalog, entry.tap_stream_id, object.path, { selected: true }),
    );
    const { messages } = await sync(lab, config, { catalog: edited });
    const name = object.path.at(-1)!;
    const before = recordsOf(all.messages, entry.stream).map((message) => message.record?.[name]);
    const after = recordsOf(messages, entry.stream).map((message) => message.record?.[name]);
    must(before.some(isObject), `no record holds the object ${name}`);
    must(sameJson(before, after), `${name} must be whole: ${JSON.stringify(after).slice(0, 300)}`);
  }),
  check(51, 'one selected child comes alone', TAP, async (lab) => {
    const { config, catalog, entry, object } = await nested(lab);
    const [kept, ...others] = object.children;
    const edited = others.reduce(
      (sum, child) => annotate(sum, entry.tap_stream_id, [...object.path, 'properties', child], { selected: false }),
      annotate(catalog, entry.tap_stream_id, [...object.path, 'properties', kept!], { selected: true }),
    );
    const { messages } = await sync(lab, config, { catalog: edited });
    const name = object.path.at(-1)!;
    const announced = schemaOf(messages, entry.stream).schema.properties?.[name]?.properties;
    must(sameJson(Object.keys(announced ?? {}), [kept]), `SCHEMA must announce ${kept!} alone: ${JSON.stringify(announced)}`);
    for (const { record } of recordsOf(messages, entry.stream)) {
      const value = record?.[name];
      const stray = isObject(value) ? Object.keys(value).filter((child) => child !== kept) : [];
      must(stray.length === 0, `a record holds ${stray.join(', ')} below ${name}`);
    }
  }),
  check(52, 'deselected fields leave properties and required', TAP, async (lab) => {
    const { config, catalog, entry, name, second } = await sample(lab);
    const required = change(catalog, entry.tap_stream_id, (old) => ({
      ...old,
      schema: { ...old.schema, required: [name, second] },
    }));
    const edited = annotate(required, entry.tap_stream_id, ['properties', name], { selected: false });
    const { messages } = await sync(lab, config, { catalog: edited });
    const { schema } = schemaOf(messages, entry.stream);
    must(!(name in (schema.properties ?? {})), `${name} must leave properties: ${JSON.stringify(schema)}`);
    must(!(schema.required ?? []).includes(name), `${name} must leave required: ${JSON.stringify(schema.required)}`);
    must(!emitted(messages, entry.stream).has(name), `${name} must leave the records`);
    must(second in (schema.properties ?? {}), `${second} must stay`);
  }),
  check(53, 'keys stay though deselected', TAP, async (lab) => {
    const { config } = await lab.source('keyed');
    const catalog = await discover(lab, config);
    const entry = catalog.streams.find((item) => (item.key_properties ?? []).length > 0);
    must(entry !== undefined, 'the source must have a stream with a key');
    const edited = Object.keys(entry.schema.properties ?? {}).reduce(
      (sum, name) => annotate(sum, entry.tap_stream_id, ['properties', name], { selected: false }),
      only(catalog, entry.tap_stream_id),
    );
    const { messages } = await sync(lab, config, { catalog: edited });
    const { schema, key_properties: keys } = schemaOf(messages, entry.stream);
    const wanted = [...(entry.key_properties ?? [])];
    must(sameJson(keys, wanted), `SCHEMA must keep the keys ${wanted.join(', ')}: ${JSON.stringify(keys)}`);
    for (const key of wanted) {
      must(key in (schema.properties ?? {}), `the key ${key} must stay in SCHEMA`);
      const records = recordsOf(messages, entry.stream);
      must(
        records.length > 0 && records.every((message) => key in (message.record ?? {})),
        `the key ${key} must stay in every record`,
      );
    }
  }),
  check(54, 'selection reaches into arrays', TAP, async (lab) => {
    const { config } = await lab.source('nested');
    const catalog = await discover(lab, config);
    const [found] = catalog.streams.flatMap((entry) =>
      breadcrumbs(entry.schema).flatMap(({ path }) => (path[2] === 'items' && path.length === 5 ? [{ entry, path }] : [])),
    );
    if (found === undefined) throw new Skipped('the source has no array of objects');
    const { entry, path } = found;
    const { messages } = await sync(lab, config, {
      catalog: annotate(only(catalog, entry.tap_stream_id), entry.tap_stream_id, path, { selected: false }),
    });
    const name = path.at(-1)!;
    const list = path[1]!;
    const items = recordsOf(messages, entry.stream).flatMap(({ record }) =>
      Array.isArray(record?.[list]) ? (record[list] as unknown[]) : [],
    );
    must(items.length > 0, `no record holds items of ${list}`);
    must(
      items.every((item) => !(isObject(item) && name in item)),
      `${name} must leave the items of ${list}`,
    );
    const schema = schemaOf(messages, entry.stream).schema.properties?.[list]?.items;
    must(!(name in (schema?.properties ?? {})), `${name} must leave the schema of ${list}`);
  }),
  check(55, 'selection hits exactly the named field', TAP, async (lab) => {
    const { config } = await lab.source('odd-names');
    const catalog = await discover(lab, config);
    const entry = catalog.streams[0]!;
    const names = Object.keys(entry.schema.properties ?? {});
    for (const name of freeProperties(entry)) {
      const { messages } = await sync(lab, config, {
        catalog: annotate(catalog, entry.tap_stream_id, ['properties', name], { selected: false }),
      });
      const left = Object.keys(schemaOf(messages, entry.stream).schema.properties ?? {});
      const wanted = names.filter((other) => other !== name);
      must(sameJson([...left].sort(), wanted.sort()), `without ${JSON.stringify(name)} ${JSON.stringify(left)} were announced`);
      must(!emitted(messages, entry.stream).has(name), `${JSON.stringify(name)} is deselected and emitted`);
    }
  }),
  check(56, 'replication method: forced, metadata, entry, default', TAP, async (lab) => {
    const { config, catalog, entry } = await sample(lab);
    const id = entry.tap_stream_id;
    if (metadataAt(entry, [])['forced-replication-method'] !== undefined) throw new Skipped('the stream has one method only');
    const state = statesOf((await sync(lab, config, { catalog })).messages).at(-1);
    const count = async (edited: Catalog): Promise<number> =>
      recordsOf((await sync(lab, config, { catalog: edited, state })).messages, entry.stream).length;
    const full = annotate(catalog, id, [], { 'replication-method': 'FULL_TABLE' });
    const all = await count(full);
    const few = await count(annotate(catalog, id, [], { 'replication-method': 'INCREMENTAL' }));
    if (few >= all) throw new Skipped('the stream cannot be read incrementally');
    const entryFull = change(catalog, id, (old) => ({ ...old, replication_method: 'FULL_TABLE' }));
    must((await count(entryFull)) === all, 'replication_method of the entry must count');
    const both = annotate(entryFull, id, [], { 'replication-method': 'INCREMENTAL' });
    must((await count(both)) === few, 'metadata must win over the entry');
    const forced = annotate(full, id, [], { 'forced-replication-method': 'INCREMENTAL' });
    must((await count(forced)) === few, 'the forced method must win over metadata');
  }),
  check(57, 'a wrong replication key is refused', TAP, async (lab) => {
    const { config, catalog, entry } = await sample(lab);
    const edited = annotate(catalog, entry.tap_stream_id, [], {
      'replication-method': 'INCREMENTAL',
      'replication-key': 'check_no_key',
    });
    const ran = await attempt(lab, config, { catalog: edited });
    mustFail(ran, 'a replication key that is not there');
    mustSay(ran, ['check_no_key']);
    const valid = metadataAt(entry, [])['valid-replication-keys'];
    if (Array.isArray(valid)) mustSay(ran, valid.map(String));
  }),
  check(58, 'keys given in metadata reach SCHEMA', TAP, async (lab) => {
    const { config, catalog, entry, second } = await sample(lab);
    for (const spelling of ['view-key-properties', 'key-properties']) {
      const { messages } = await sync(lab, config, {
        catalog: annotate(catalog, entry.tap_stream_id, [], { [spelling]: [second] }),
      });
      const keys = schemaOf(messages, entry.stream).key_properties;
      must(sameJson(keys, [second]), `${spelling} must set the keys: ${JSON.stringify(keys)}`);
    }
  }),
  check(59, 'schema overrides reach SCHEMA', TAP, async (lab) => {
    const { config, catalog, entry, name } = await sample(lab);
    const override: Schema = { type: ['null', 'string'], maxLength: 12_345, description: 'overridden' };
    const edited = change(catalog, entry.tap_stream_id, (old) => ({
      ...old,
      schema: { ...old.schema, properties: { ...old.schema.properties, [name]: override } },
    }));
    const { messages } = await sync(lab, config, { catalog: edited });
    const announced = schemaOf(messages, entry.stream).schema.properties?.[name];
    must(sameJson(announced, override), `the override must be announced: ${JSON.stringify(announced)}`);
  }),
  check(60, 'a vanished stream is named', TAP, async (lab) => {
    const { config, catalog, entry } = await sample(lab);
    const gone = { ...entry, tap_stream_id: 'check_gone_stream', stream: 'check_gone_stream' };
    const ran = await attempt(lab, config, {
      catalog: annotate({ streams: [...catalog.streams, gone] }, gone.tap_stream_id, [], { selected: true }),
    });
    mustFail(ran, 'a catalog stream that the source lacks');
    mustSay(ran, ['check_gone_stream']);
  }),
  check(61, 'a vanished column is warned of', TAP, async (lab) => {
    const { config, catalog, entry } = await sample(lab);
    const name = 'check_gone_column';
    const added = change(catalog, entry.tap_stream_id, (old) => ({
      ...old,
      schema: { ...old.schema, properties: { ...old.schema.properties, [name]: { type: ['null', 'string'] } } },
    }));
    const edited = annotate(added, entry.tap_stream_id, ['properties', name], { inclusion: 'available', selected: true });
    const { ran, messages } = await sync(lab, config, { catalog: edited });
    mustSay(ran, [name]);
    must(!(name in (schemaOf(messages, entry.stream).schema.properties ?? {})), `${name} must be left out of SCHEMA`);
  }),
  check(62, 'an empty selection loses no bookmark', TAP, async (lab) => {
    const { config } = await lab.source();
    const catalog = await discover(lab, config);
    const state = { bookmarks: { check_other: { at: '2026-01-01' } } };
    const none = catalog.streams.reduce((sum, entry) => annotate(sum, entry.tap_stream_id, [], { selected: false }), catalog);
    for (const empty of [{ streams: [] }, none]) {
      const ran = await attempt(lab, config, { catalog: empty, state });
      mustSucceed(ran, 'an empty selection');
      const messages = messagesOf(ran);
      must(recordsOf(messages).length === 0, `nothing is selected and records came: ${story(ran)}`);
      for (const emittedState of statesOf(messages)) {
        must(sameJson(bookmarksOf(emittedState)['check_other'], { at: '2026-01-01' }), `a STATE loses a bookmark: ${story(ran)}`);
      }
    }
  }),
];

interface Sample {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly entry: Entry;
  /** Two properties that may be deselected. */
  readonly name: string;
  readonly second: string;
}

/** A stream with two free properties or more, selected alone. */
async function sample(lab: Lab): Promise<Sample> {
  const { config } = await lab.source();
  const catalog = await discover(lab, config);
  for (const entry of catalog.streams) {
    const [name, second] = freeProperties(entry);
    if (name !== undefined && second !== undefined)
      return { config, catalog: only(catalog, entry.tap_stream_id), entry, name, second };
  }
  throw new Skipped('no stream has two properties that may be deselected');
}

async function nested(
  lab: Lab,
): Promise<Omit<Sample, 'name' | 'second'> & { object: { path: readonly string[]; children: readonly string[] } }> {
  const { config } = await lab.source('nested');
  const catalog = await discover(lab, config);
  for (const entry of catalog.streams) {
    for (const { path, schema } of breadcrumbs(entry.schema)) {
      const children = Object.keys(schema.properties ?? {});
      if (path.length === 2 && children.length >= 2)
        return { config, catalog: only(catalog, entry.tap_stream_id), entry, object: { path, children } };
    }
  }
  throw new Error('the source must have an object with two members');
}

/** Names of the properties in any record of a stream. */
function emitted(messages: readonly Message[], stream: string): Set<string> {
  const records = recordsOf(messages, stream);
  must(records.length > 0, `${stream} gives no record`);
  return new Set(records.flatMap((message) => Object.keys(message.record ?? {})));
}
