import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, Interrupted, SystemError } from '../../../../singer/errors.ts';
import type { Batch, ReadRequest, Stream } from '../../../../singer/tap/source.ts';
import { stringifyExact } from '../../../../singer/json-text.ts';
import type { Json, JsonObject, Row } from '../../../../singer/json.ts';
import { discover } from '../../../../singer/tap/catalog.ts';
import { keepingOutput, memoryStream, type Message, sync } from '../../../support/memory-tap.ts';

/** What a run said, short: `STATE a {"n":1}`, `SCHEMA a`, `a 1`. */
function outline(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    if (message.type === 'RECORD') return `${message.stream} ${String(message.record!['id'])}`;
    if (message.type !== 'STATE') return `${message.type} ${message.stream}`;
    const { bookmarks, currently_syncing: syncing } = message.value as { bookmarks: unknown; currently_syncing?: string };
    return `STATE ${syncing ?? '-'} ${JSON.stringify(bookmarks)}`;
  });
}

function rows(...ids: number[]): Row[] {
  return ids.map((id) => ({ id, name: `n${id}` }));
}

const a = memoryStream({ id: 'a' }, [
  { rows: rows(1, 2), bookmark: { n: 2 } },
  { rows: rows(3), bookmark: { n: 3 } },
]);
const b = memoryStream({ id: 'b' }, [{ rows: rows(9), bookmark: { n: 9 } }]);
const often = { state_interval_records: 1 };

function catalog(...streams: { id: string; root?: JsonObject; [more: string]: unknown }[]): unknown {
  return {
    streams: streams.map(({ id, root, ...more }) => ({
      tap_stream_id: id,
      stream: id,
      metadata: root ? [{ breadcrumb: [], metadata: root }] : [],
      ...more,
    })),
  };
}

describe('extract', () => {
  it('tells the source which streams will be read; what it refuses ends the run before anything is written', async () => {
    const chosen: string[] = [];
    const prepare = async (streams: readonly Stream[]): Promise<void> => {
      chosen.push(...streams.map(({ id }) => id));
      if (streams.length > 1) throw new SystemError('no', { code: 'refused' });
    };
    const one = await sync([a, b], { prepare, catalog: catalog({ id: 'b' }) });
    expect([one.error, one.counted.get('b')?.records]).toEqual([undefined, 1]);
    const both = await sync([a, b], { prepare });
    expect([both.error, both.text]).toEqual([expect.objectContaining({ code: 'refused' }), '']);
    expect(chosen).toEqual(['b', 'a', 'b']);
  });

  it('names the stream being read before its SCHEMA, says where it stands, and at the end names none', async () => {
    const result = await sync([a, b], { config: often });
    expect(result.error).toBeUndefined();
    expect(outline(result.messages)).toEqual([
      'STATE a {}',
      'SCHEMA a',
      'a 1',
      'a 2',
      'STATE a {"a":{"n":2}}',
      'a 3',
      'STATE a {"a":{"n":3}}',
      'STATE b {"a":{"n":3}}',
      'SCHEMA b',
      'b 9',
      'STATE b {"a":{"n":3},"b":{"n":9}}',
      'STATE - {"a":{"n":3},"b":{"n":9}}',
    ]);
    expect(result.states).toBe(6);
    expect(result.summaries).toEqual(['a', 'b']);
    expect(result.counted.get('a')!.records).toBe(3);
  });

  it('counts the bytes of records as written', async () => {
    const result = await sync([memoryStream({ id: 'a' }, [{ rows: [{ id: 1, name: 'ü😀' }] }])]);
    const line = result.text.split('\n').find((one) => one.includes('"RECORD"'))!;
    expect(result.counted.get('a')!.bytes).toBe(Buffer.byteLength(line) + 1);
  });

  it('sends a STATE per configured count and not more', async () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ rows: rows(i), bookmark: { n: i } }));
    const result = await sync([memoryStream({ id: 'a' }, many)], { config: { state_interval_records: 4 } });
    const marks = outline(result.messages).filter((line) => line.startsWith('STATE'));
    expect(marks).toEqual(['STATE a {}', 'STATE a {"a":{"n":3}}', 'STATE a {"a":{"n":7}}', 'STATE - {"a":{"n":9}}']);
  });

  it('sends a STATE per configured time', async () => {
    const result = await sync([a], { config: { state_interval_records: 1e9, state_interval_seconds: 0 } });
    expect(outline(result.messages).filter((line) => line.startsWith('STATE a'))).toHaveLength(3);
  });

  it('never sends the same STATE twice in a row', async () => {
    const still = memoryStream({ id: 'a' }, [
      { rows: rows(1), bookmark: { n: 1 } },
      { rows: rows(2), bookmark: { n: 1 } },
    ]);
    const states = (await sync([still], { config: often })).text.split('\n').filter((line) => line.includes('"STATE"'));
    expect(states).toHaveLength(3);
    expect(states.every((state, index) => state !== states[index - 1])).toBe(true);
  });

  it('sends SCHEMA with keys, and the replication key in use', async () => {
    const stream = memoryStream({ id: 'a', name: 'A!', methods: ['INCREMENTAL'], replicationKey: 'name' });
    const [, schema] = (await sync([stream])).messages;
    expect(schema).toEqual({
      type: 'SCHEMA',
      stream: 'A!',
      schema: stream.schema,
      key_properties: ['id'],
      bookmark_properties: ['name'],
    });
  });

  it('says when a record was read, never later than now', async () => {
    const before = new Date();
    const { messages } = await sync([a]);
    const times = messages.flatMap((message) => message.time_extracted ?? []);
    expect(times).toHaveLength(3);
    for (const time of times) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(new Date(time) >= before && new Date(time) <= new Date()).toBe(true);
    }
  });

  it('writes ready lines as they are, one write per batch', async () => {
    let lines = Buffer.alloc(0);
    const stream = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      const { head, tail } = request.envelope();
      lines = Buffer.concat([head, Buffer.from('{"id":1}'), tail, head, Buffer.from('{"id":2}'), tail]);
      yield { lines: { bytes: lines, records: 2 }, bookmark: { n: 2 } };
    });
    const result = await sync([stream]);
    expect(result.writes.filter((write) => write.equals(lines))).toHaveLength(1);
    expect(result.counted.get('a')).toEqual({ records: 2, bytes: lines.length });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE - {"a":{"n":2}}']);
  });

  it('converts ready lines too where the catalog asks for it, and tells the stream so', async () => {
    const asked: boolean[] = [];
    const stream = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      asked.push(request.whole);
      const { head, tail } = request.envelope();
      const line = Buffer.concat([head, Buffer.from('{"id":12345678901234567890,"name":"x"}'), tail]);
      yield { lines: { bytes: Buffer.concat([line, line]), records: 2 } };
    });
    const schema = { type: 'object', properties: { id: { type: 'string' } } };
    const result = await sync([stream], { catalog: catalog({ id: 'a', schema }) });
    expect(asked).toEqual([false]);
    expect(result.text.match(/"record":\{"id":"12345678901234567890"\}/g)).toHaveLength(2);
    expect(result.counted.get('a')!.records).toBe(2);
  });

  it('joins rows into writes of some size, and waits for a reader that is behind', async () => {
    let open = 0;
    let worst = 0;
    const output = keepingOutput(() => {
      worst = Math.max(worst, ++open);
      return new Promise((resolve) => setImmediate(() => resolve(void open--)));
    });
    const ids = Array.from({ length: 20_000 }, (_, i) => i);
    const result = await sync([memoryStream({ id: 'a' }, [{ rows: rows(...ids) }])], { output });
    expect(worst).toBe(1);
    expect(outline(result.messages).filter((line) => /^a /.test(line))).toHaveLength(20_000);
    const sizes = result.writes.map((bytes) => bytes.length).filter((size) => size > 500);
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(60_000);
    expect(Math.max(...sizes)).toBeLessThan(80_000);
  });
});

describe('extract with a catalog', () => {
  it('reads nothing and says no state when nothing is selected', async () => {
    const empty = [
      { streams: [] },
      catalog({ id: 'a', root: { selected: false } }),
      catalog({ id: 'a', root: { inclusion: 'available' } }),
    ];
    for (const given of empty) {
      const result = await sync([a, b], { catalog: given, state: { bookmarks: { a: { n: 1 } } } });
      expect([result.error, result.text]).toEqual([undefined, '']);
    }
  });

  it.each<[string, unknown, string[]]>([
    ['selected', catalog({ id: 'a', root: { selected: true } }, { id: 'b', root: { selected: false } }), ['a']],
    [
      'by default',
      catalog({ id: 'a', root: { 'selected-by-default': true } }, { id: 'b', root: { 'selected-by-default': false } }),
      ['a'],
    ],
    [
      'without a selection while another has one',
      catalog({ id: 'a', root: { 'selected-by-default': true } }, { id: 'b', root: { selected: true } }),
      ['b'],
    ],
    ['old style', catalog({ id: 'a', selected: true }, { id: 'b', selected: false }), ['a']],
    ['old style, inside the schema', catalog({ id: 'a', schema: { ...a.schema, selected: false } }, { id: 'b' }), ['b']],
    [
      'old style against metadata',
      catalog({ id: 'a', selected: true, root: { selected: false } }, { id: 'b', selected: false, root: { selected: true } }),
      ['b'],
    ],
    ['without any metadata', catalog({ id: 'a' }, { id: 'b' }), ['a', 'b']],
    [
      'unsupported',
      catalog({ id: 'a', root: { selected: true, inclusion: 'unsupported' } }, { id: 'b', root: { selected: true } }),
      ['b'],
    ],
    ['in the order of the catalog', catalog({ id: 'b' }, { id: 'a' }), ['b', 'a']],
    [
      'listed last wins among metadata of one place',
      {
        streams: [
          {
            tap_stream_id: 'a',
            metadata: [
              { breadcrumb: [], metadata: { selected: false } },
              { breadcrumb: [], metadata: { selected: true } },
            ],
          },
        ],
      },
      ['a'],
    ],
  ])('syncs the streams that are selected: %s', async (_, given, expected) => {
    const { messages, error } = await sync([a, b], { catalog: given });
    expect(error).toBeUndefined();
    expect(messages.filter((message) => message.type === 'SCHEMA').map((message) => message.stream)).toEqual(expected);
  });

  it('reports all that does not fit at once, by name, before anything is read', async () => {
    const c = memoryStream({
      id: 'c',
      replicationKey: 'at',
      validReplicationKeys: ['at', 'seen'],
      schema: { type: 'object', properties: { id: {}, at: {} } },
    });
    const given = catalog(
      { id: 'gone' },
      { id: 'a', key_properties: ['nowhere'] },
      { id: 'b', root: { 'replication-method': 'LOG_BASED', selected: true } },
      { id: 'c', replication_key: 'id', selected: true },
      { id: 'missing', selected: false },
    );
    const { error, text } = await sync([a, b, c], { catalog: given });
    expect(text).toBe('');
    expect(error).toBeInstanceOf(ConfigError);
    const problems = (error as ConfigError).problems.map((problem) => `${problem.path}: ${problem.message}`);
    expect(problems).toEqual([
      'b: replication method "LOG_BASED" is not one of "INCREMENTAL", "FULL_TABLE"',
      'c: replication key "id" is not allowed: use one of "at", "seen"',
    ]);
    const rest = await sync([a, b, c], {
      catalog: catalog({ id: 'gone' }, { id: 'a', key_properties: ['nowhere'] }, { id: 'c', replication_key: 'seen' }),
    });
    expect((rest.error as ConfigError).problems.map((problem) => problem.path)).toEqual(['gone', 'a', 'c']);
    expect((rest.error as ConfigError).message).toContain('nowhere');
    expect((rest.error as ConfigError).message).toContain('seen');
  });

  it('says which properties of the source an older catalog does not name', async () => {
    const older = { streams: [{ tap_stream_id: 'a', schema: { type: 'object', properties: { id: { type: 'integer' } } } }] };
    const { log, messages } = await sync([memoryStream({ id: 'a' }, [{ rows: [{ id: 1, name: 'x' }] }])], { catalog: older });
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: { stream: 'a', properties: ['name'] } }));
    expect(messages.find((message) => message.type === 'RECORD')?.record).toEqual({ id: 1 });
  });

  it.each<[string, unknown]>([
    ['no object', []],
    ['no streams', {}],
    ['nothing in it', null],
    ['a stream without a name', { streams: [{}] }],
    ['a stream twice', catalog({ id: 'a' }, { id: 'a' })],
  ])('refuses a catalog with %s', async (_, given) => {
    expect((await sync([a], { catalog: given })).error).toBeInstanceOf(ConfigError);
  });

  it('takes the replication method that is forced, then that of the metadata, of the entry, of the tap', async () => {
    const methods: string[] = [];
    const track = async function* (request: ReadRequest): AsyncGenerator<Batch> {
      methods.push(request.method);
      yield { rows: [] };
    };
    const free = memoryStream({ id: 'a' }, track);
    const forced = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, track);
    const entry = { id: 'a', replication_method: 'FULL_TABLE' };
    await sync([forced], { catalog: catalog({ id: 'a', root: { selected: true, 'replication-method': 'INCREMENTAL' } }) });
    await sync([free], { catalog: catalog({ ...entry, root: { selected: true, 'replication-method': 'incremental' } }) });
    await sync([free], {
      catalog: catalog({
        id: 'a',
        replication_method: 'INCREMENTAL',
        root: { selected: true, 'forced-replication-method': { 'replication-method': 'FULL_TABLE', reason: 'x' } },
      }),
    });
    await sync([free], { catalog: catalog(entry) });
    await sync([free], {});
    expect(methods).toEqual(['FULL_TABLE', 'INCREMENTAL', 'FULL_TABLE', 'FULL_TABLE', 'INCREMENTAL']);
  });

  it('takes keys from the user, then the entry, then the source, and emits them even when deselected', async () => {
    const off = [['id'], ['name']].map((names) => ({ breadcrumb: ['properties', ...names], metadata: { selected: false } }));
    const root = (metadata: JsonObject): unknown => ({
      streams: [
        {
          tap_stream_id: 'a',
          key_properties: ['id'],
          metadata: [{ breadcrumb: [], metadata: { selected: true, ...metadata } }, ...off],
        },
      ],
    });
    for (const [given, keys] of [
      [root({ 'view-key-properties': ['name'], 'table-key-properties': ['id'] }), ['name']],
      [root({ 'key-properties': ['name', 'id'] }), ['name', 'id']],
      [root({}), ['id']],
    ] as const) {
      const { messages } = await sync([a], { catalog: given });
      const schema = messages.find((message) => message.type === 'SCHEMA')!;
      expect(schema.key_properties).toEqual(keys);
      expect(Object.keys(schema.schema!.properties)).toEqual(expect.arrayContaining([...keys]));
      expect(Object.keys(messages.find((message) => message.type === 'RECORD')!.record!)).toEqual(
        expect.arrayContaining([...keys]),
      );
    }
  });

  it('warns of a column that the source lost, and leaves it out', async () => {
    const schema = { type: 'object', required: ['id', 'old'], properties: { id: { type: 'integer' }, old: { type: 'string' } } };
    const { messages, log } = await sync([a], { catalog: catalog({ id: 'a', schema }) });
    expect(messages[1]!.schema).toEqual({ type: 'object', required: ['id'], properties: { id: { type: 'integer' } } });
    expect(log.lines.find((line) => line.level === 'warn')!.fields).toEqual({ stream: 'a', properties: ['old'] });
  });

  it('announces the types that the catalog gives, and converts values to them', async () => {
    const stream = memoryStream({ id: 'a' }, [
      {
        rows: [
          { id: 7, name: '12.50' },
          { id: 8, name: '' },
        ],
      },
    ]);
    const schema = { type: 'object', properties: { id: { type: 'string' }, name: { type: ['null', 'number'] } } };
    const { text, messages } = await sync([stream], { catalog: catalog({ id: 'a', schema }) });
    expect(messages[1]!.schema).toEqual(schema);
    expect(text).toContain('"record":{"id":"7","name":12.50}');
    expect(text).toContain('"record":{"id":"8","name":null}');
  });

  it('names stream and property, and not the value, of what cannot be converted', async () => {
    const stream = memoryStream({ id: 'a' }, [{ rows: [{ id: 7, name: 'secret' }] }]);
    const schema = { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'integer' } } };
    const { error } = await sync([stream], { catalog: catalog({ id: 'a', schema }) });
    expect(String(error)).toMatch(/"name" in stream "a"/);
    expect(String(error)).not.toContain('secret');
  });
});

describe('extract by a replication key that is no property', () => {
  const stream = memoryStream({ id: 'a', replicationKey: 'id', virtualReplicationKeys: ['xmin'] }, async function* (request) {
    yield { rows: rows(1), bookmark: { replication_key: request.replicationKey ?? null, method: request.method } };
  });

  it.each<[string, JsonObject]>([
    ['as a replication key', { 'replication-method': 'INCREMENTAL', 'replication-key': 'xmin' }],
    ['as a method', { 'replication-method': 'XMIN' }],
    ['as a method, whatever the key', { 'replication-method': 'Xmin', 'replication-key': 'id' }],
  ])('is taken %s; no record has it, so no SCHEMA names it', async (_, root) => {
    const { messages, error } = await sync([stream], { catalog: catalog({ id: 'a', root: { selected: true, ...root } }) });
    expect(error).toBeUndefined();
    expect(messages.find((message) => message.type === 'SCHEMA')).not.toHaveProperty('bookmark_properties');
    expect(messages.at(-1)?.value).toEqual({ bookmarks: { a: { replication_key: 'xmin', method: 'INCREMENTAL' } } });
  });

  it('is offered behind the properties, and is not taken of a stream that has none', async () => {
    expect(discover([stream]).streams[0]?.metadata[0]?.metadata['valid-replication-keys']).toEqual(['id', 'xmin']);
    const { error } = await sync([memoryStream({ id: 'a' })], {
      catalog: catalog({ id: 'a', root: { selected: true, 'replication-method': 'XMIN' } }),
    });
    expect(String(error)).toContain('replication method "XMIN" is not one of');
  });
});

describe('extract with a state', () => {
  it('names the streams of the source to whoever asks for another one, or the nearest of many', async () => {
    const asked = { catalog: catalog({ id: 'public-order' }) };
    const few = await sync([a, b], asked);
    expect(String(few.error)).toContain('no stream of this name (it has "a", "b")');
    const many = Array.from({ length: 30 }, (_, n) => memoryStream({ id: `t${n}` }));
    const far = await sync(many, asked);
    expect(String(far.error)).toContain('no stream of this name (it has 30)');
    const near = await sync([...many, memoryStream({ id: 'public-orders' })], asked);
    expect(String(near.error)).toContain('(it has 31; did you mean "public-orders"?)');
  });

  it('finds the bookmark of a stream under a name that another tap gave it, if it has none of its own', async () => {
    const seen: (JsonObject | undefined)[] = [];
    const stream = memoryStream({ id: 'a', formerIds: ['db-a', 'old-a'] }, async function* (request: ReadRequest) {
      seen.push(request.bookmark);
      yield { rows: [], bookmark: { n: 2 } };
    });
    const { messages } = await sync([stream], { state: { bookmarks: { 'old-a': { n: 0 }, 'db-a': { n: 1 } } } });
    await sync([stream], { state: { bookmarks: { 'db-a': { n: 1 }, a: { n: 5 } } } });
    expect(seen).toEqual([{ n: 1 }, { n: 5 }]);
    expect(messages.at(-1)?.value).toMatchObject({ bookmarks: { a: { n: 2 } } });
  });

  it('takes the catalog of another tap, which calls the stream by a former name, unless it has both', async () => {
    const stream = memoryStream({ id: 'a', formerIds: ['db-a'] }, [{ rows: rows(1) }]);
    const { messages } = await sync([stream], { catalog: catalog({ id: 'db-a', root: { selected: true } }) });
    expect(messages.filter(({ type }) => type === 'RECORD').map(({ stream }) => stream)).toEqual(['a']);
    const both = catalog({ id: 'db-a', root: { selected: true } }, { id: 'a', root: { selected: true } });
    expect(String((await sync([stream], { catalog: both })).error)).toContain('no stream of this name');
  });

  const given = { bookmarks: { a: { n: 1 }, other: { deep: [1] } }, currently_syncing: 'b', extra: 1 };

  it('hands each stream its bookmark, begins with the one that was being read, and carries the rest along', async () => {
    const seen: [string, JsonObject | undefined][] = [];
    const track = (id: string) =>
      memoryStream({ id }, async function* (request: ReadRequest) {
        seen.push([id, request.bookmark]);
        yield { rows: rows(1), bookmark: { n: 5 } };
      });
    const { messages } = await sync([track('a'), track('b')], { state: given });
    expect(seen).toEqual([
      ['b', undefined],
      ['a', { n: 1 }],
    ]);
    const states = messages.filter((message) => message.type === 'STATE').map((message) => message.value);
    for (const state of states) expect(state).toMatchObject({ bookmarks: { other: { deep: [1] } }, extra: 1 });
    expect(states.at(-1)).toEqual({ bookmarks: { a: { n: 5 }, b: { n: 5 }, other: { deep: [1] } }, extra: 1 });
  });

  it('gives the same final state when nothing was new', async () => {
    const still = memoryStream({ id: 'a' });
    const { messages } = await sync([still], { state: { bookmarks: { a: { n: 1 } } } });
    expect(outline(messages)).toEqual(['STATE a {"a":{"n":1}}', 'SCHEMA a', 'STATE - {"a":{"n":1}}']);
  });

  it('restarts only the stream whose bookmark has another replication key or a wrong shape', async () => {
    const seen: (JsonObject | undefined)[] = [];
    const track = (id: string) =>
      memoryStream({ id, replicationKey: 'id' }, async function* (request: ReadRequest) {
        seen.push(request.bookmark);
        yield { rows: [] };
      });
    const state = {
      bookmarks: { a: { replication_key: 'name', replication_key_value: 1 }, b: { replication_key: 'id' }, c: 'x' },
    };
    const { log } = await sync(['a', 'b', 'c'].map(track), { state });
    expect(seen).toEqual([undefined, { replication_key: 'id' }, undefined]);
    expect(log.lines.filter((line) => line.level === 'warn').map((line) => line.fields['stream'])).toEqual(['a', 'c']);
  });
});

describe('extract of a whole table', () => {
  const table = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, [{ rows: rows(1, 2), bookmark: { n: 2 } }]);
  const config = { emit_activate_version_messages: true, ...often };

  it('gives the stream no bookmark of another kind, and keeps none when it is done', async () => {
    const seen: unknown[] = [];
    const stream = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, async function* (request: ReadRequest) {
      seen.push(request.bookmark);
      yield { rows: rows(1), bookmark: { n: 2 } };
    });
    const { messages } = await sync([stream], { state: { bookmarks: { a: { n: 1 } } }, config: often });
    expect(seen).toEqual([undefined]);
    expect(outline(messages).at(-1)).toBe('STATE - {"a":{"n":1}}');
  });

  it('sends ACTIVATE_VERSION at the end, and before the rows at the first time ever', async () => {
    const first = await sync([table], { config });
    expect(first.messages.map((message) => message.type)).toEqual([
      'STATE',
      'SCHEMA',
      'ACTIVATE_VERSION',
      'RECORD',
      'RECORD',
      'STATE',
      'ACTIVATE_VERSION',
      'STATE',
    ]);
    const versions = new Set(first.messages.flatMap((message) => message.version ?? []));
    expect(versions.size).toBe(1);
    const state = first.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { activated_version: [...versions][0] } } });

    const second = await sync([table], { config, state });
    expect(second.messages.map((message) => message.type)).toEqual([
      'STATE',
      'SCHEMA',
      'RECORD',
      'RECORD',
      'STATE',
      'ACTIVATE_VERSION',
      'STATE',
    ]);
    expect(second.messages.at(-2)!.version).toBeGreaterThan([...versions][0]!);
  });

  it('keeps the version of a reading that was cut short, and activates nothing for it', async () => {
    const failing = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, async function* () {
      yield { rows: rows(1) };
      throw new SystemError('gone', { code: 'gone' });
    });
    const state = { bookmarks: { a: { activated_version: 5 } } };
    const cut = await sync([failing], { config, state });
    expect(cut.error).toMatchObject({ code: 'gone' });
    expect(cut.messages.map((message) => message.type)).toEqual(['STATE', 'SCHEMA', 'RECORD']);
    const again = await sync([table], { config, state: cut.messages[0]!.value });
    expect(again.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: cut.messages[2]!.version });
  });

  /** Reads rows 1 to 4, two at a time, from its bookmark on; fails behind the first two when it is told to. */
  const inPieces = (o: { fails?: boolean; refuses?: string; seen?: unknown[]; asked?: unknown[] }): Stream =>
    memoryStream(
      {
        id: 'a',
        methods: ['FULL_TABLE'],
        cannotResume: async ({ bookmark, versioned }) => {
          o.asked?.push([bookmark, versioned]);
          return o.refuses;
        },
      },
      async function* ({ bookmark }) {
        o.seen?.push(bookmark);
        if (bookmark === undefined) yield { rows: rows(1, 2), bookmark: { next: 3 } };
        if (o.fails === true) throw new SystemError('gone', { code: 'gone' });
        yield { rows: rows(3, 4), bookmark: { next: 5 } };
      },
    );

  it('goes on where it was cut short, under the same version, and activates it when all was read', async () => {
    const seen: unknown[] = [];
    const asked: unknown[] = [];
    const cut = await sync([inPieces({ fails: true, asked })], { config });
    const { version } = cut.messages.find(({ type }) => type === 'RECORD')!;
    const state = cut.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { version, resume: { next: 3 } } }, currently_syncing: 'a' });
    const again = await sync([inPieces({ fails: true, seen })], { config, state });
    expect(again.messages.findLast(({ type }) => type === 'STATE')!.value).toEqual(state);
    const rest = await sync([inPieces({ seen, asked })], { config, state });
    expect(asked).toEqual([[{ next: 3 }, true]]);
    expect(seen).toEqual([{ next: 3 }, { next: 3 }]);
    expect(rest.messages.filter(({ type }) => type === 'RECORD').map(({ record }) => record!['id'])).toEqual([3, 4]);
    expect(rest.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version });
    expect(rest.messages.at(-1)!.value).toEqual({ bookmarks: { a: { activated_version: version } } });
  });

  it('begins anew under another version where the stream cannot go on, and says so', async () => {
    const seen: unknown[] = [];
    const state = { bookmarks: { a: { version: 9e15, activated_version: 5, resume: { next: 3 } } } };
    const { messages, log } = await sync([inPieces({ refuses: 'it is another one', seen })], { config, state });
    expect(seen).toEqual([undefined]);
    expect(messages[0]!.value).toEqual({
      bookmarks: { a: { activated_version: 5, version: 9e15 + 1 } },
      currently_syncing: 'a',
    });
    expect(messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: 9e15 + 1 });
    expect(log.lines.map(({ message, fields }) => [message, fields])).toContainEqual([
      'The reading that was interrupted cannot go on where it was: the table is read anew',
      { stream: 'a', reason: 'it is another one' },
    ]);
  });

  it('begins anew under another version where the stream could go on, and was cut short before it came to a place for it', async () => {
    const seen: unknown[] = [];
    const state = { bookmarks: { a: { version: 9e15, activated_version: 5 } } };
    const { messages } = await sync([inPieces({ seen })], { config, state });
    expect(seen).toEqual([undefined]);
    expect(messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: 9e15 + 1 });
  });

  it('goes on without versions as well, and begins anew when they were switched on or off meanwhile', async () => {
    const cut = await sync([inPieces({ fails: true })], { config: often });
    const state = cut.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { resume: { next: 3 } } }, currently_syncing: 'a' });
    const seen: unknown[] = [];
    const rest = await sync([inPieces({ seen })], { config: often, state });
    expect(rest.messages.at(-1)!.value).toEqual({ bookmarks: { a: {} } });
    await sync([inPieces({ seen })], { config, state });
    const versioned = await sync([inPieces({ fails: true })], { config });
    await sync([inPieces({ seen })], { config: often, state: versioned.messages.at(-1)!.value });
    expect(seen).toEqual([{ next: 3 }, undefined, undefined]);
  });

  it('forgets the place where something of the source was missing', async () => {
    const { messages } = await sync([{ ...inPieces({}), seesAll: () => false }], { config });
    const { version } = messages.find(({ type }) => type === 'RECORD')!;
    expect(messages.at(-1)!.value).toEqual({ bookmarks: { a: { version } } });
  });

  it('activates nothing where something of the source was missing, before the reading or in it, and says so', async () => {
    for (const answers of [
      [false, false],
      [true, false],
    ]) {
      const stream = { ...table, seesAll: () => answers.shift() ?? false };
      const early = answers[0];
      const { messages, log } = await sync([stream], { config });
      expect(messages.filter((message) => message.type === 'ACTIVATE_VERSION')).toHaveLength(early ? 1 : 0);
      const version = messages.find((message) => message.type === 'RECORD')!.version;
      expect(messages.at(-1)!.value).toEqual({ bookmarks: { a: { version } } });
      expect(log.lines.find((line) => line.level === 'warn')?.message).toContain('no ACTIVATE_VERSION is sent');
      const again = await sync([table], { config, state: messages.at(-1)!.value });
      expect(again.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version });
    }
  });

  it('grows even where the clock went back', async () => {
    const state = { bookmarks: { a: { activated_version: 9e15 } } };
    const { messages } = await sync([table], { config, state });
    expect(messages.at(-2)!.version).toBe(9e15 + 1);
  });
});

describe('extract that is cut short', () => {
  it('stops at a signal after the batch in hand, with the newest valid STATE, and closes the stream', async () => {
    const abort = new AbortController();
    let closed = false;
    const endless = memoryStream({ id: 'a' }, async function* () {
      try {
        for (let n = 1; ; n++) {
          if (n === 3) abort.abort(new Interrupted('SIGTERM'));
          yield { rows: rows(n), bookmark: { n } };
        }
      } finally {
        closed = true;
      }
    });
    const result = await sync([endless, b], { signal: abort.signal });
    expect(result.error).toBeInstanceOf(Interrupted);
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE a {"a":{"n":2}}']);
    expect(closed).toBe(true);
    expect(result.summaries).toEqual(['a: failed']);
  });

  it('stops at a signal while the source makes it wait', async () => {
    const abort = new AbortController();
    const stuck = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      yield { rows: rows(1), bookmark: { n: 1 } };
      const failed = new Promise<never>((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('socket cut'))),
      );
      abort.abort(new Interrupted('SIGINT'));
      await failed;
    });
    const result = await sync([stuck], { signal: abort.signal });
    expect(result.error).toMatchObject({ exitCode: 130 });
    expect(outline(result.messages).at(-1)).toBe('STATE a {"a":{"n":1}}');
  });

  it('stops at a signal although the reader takes nothing more', async () => {
    const abort = new AbortController();
    const output = keepingOutput((bytes) => {
      if (!bytes.includes('RECORD')) return undefined;
      abort.abort(new Interrupted('SIGTERM'));
      return new Promise(() => undefined);
    });
    const result = await sync([a], { signal: abort.signal, output });
    expect(result.error).toBeInstanceOf(Interrupted);
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE a {"a":{"n":2}}']);
  });

  it('rethrows the failure of a stream after a STATE that covers what was written, and goes no further', async () => {
    const failing = memoryStream({ id: 'a' }, async function* () {
      yield { rows: rows(1), bookmark: { n: 1 } };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([failing, b]);
    expect(result.error).toMatchObject({ code: 'gone' });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'STATE a {"a":{"n":1}}']);
    expect(result.log.lines.at(-1)).toMatchObject({ level: 'error', fields: { stream: 'a' } });
  });

  it('has a summary line for the stream that fails, too, with the records that were sent', async () => {
    const failing = memoryStream({ id: 'c' }, async function* () {
      yield { rows: rows(1) };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([a, failing, b]);
    expect(result.summaries).toEqual(['a', 'c: failed']);
    expect(result.counted.get('c')!.records).toBe(1);
  });

  it('says no more once the reader is gone', async () => {
    const output = keepingOutput((bytes) => {
      if (bytes.includes('RECORD')) throw new SystemError('closed', { code: 'output-closed' });
      return undefined;
    });
    const result = await sync([a], { output });
    expect(result.error).toMatchObject({ code: 'output-closed' });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a']);
    expect(result.log.lines).toEqual([]);
    expect(result.summaries).toEqual([]);
  });
});

describe('extract --test', () => {
  it('reads at most one record of each stream and says no state', async () => {
    const limits: unknown[] = [];
    const lines = memoryStream({ id: 'c' }, async function* (request: ReadRequest) {
      limits.push(request.limit);
      const { head, tail } = request.envelope();
      const line = Buffer.concat([head, Buffer.from('{"id":1}'), tail]);
      yield { lines: { bytes: Buffer.concat([line, line]), records: 2 } };
    });
    const result = await sync([a, b, lines], { test: 'all', config: { emit_activate_version_messages: true } });
    expect(outline(result.messages)).toEqual(['SCHEMA a', 'a 1', 'SCHEMA b', 'b 9', 'SCHEMA c', 'c 1']);
    expect(limits).toEqual([1]);
    expect(result.counted.get('c')!.records).toBe(1);
  });

  it('names the stream that fails', async () => {
    const failing = memoryStream({ id: 'b' }, async function* () {
      yield { rows: [] };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([a, failing], { test: 'all' });
    expect(result.error).toMatchObject({ code: 'gone' });
    expect(result.log.lines.at(-1)!.fields).toEqual({ stream: 'b' });
  });

  it('reads nothing for =schema', async () => {
    const result = await sync([a, b], { test: 'schema' });
    expect(outline(result.messages)).toEqual(['SCHEMA a', 'SCHEMA b']);
  });
});

describe('what is emitted', () => {
  /** A schema, values that it allows, and the breadcrumbs below it. */
  interface Shape {
    readonly schema: JsonObject;
    readonly value: fc.Arbitrary<Json>;
    readonly breadcrumbs: readonly (readonly string[])[];
  }
  // Without __proto__, which ajv does not look at.
  const names = fc.uniqueArray(fc.constantFrom('id', 'a', 'b.c', 'properties', 'items', '', 'é', 'constructor'), {
    minLength: 1,
    maxLength: 3,
  });
  const leaves: readonly Shape[] = [
    { schema: { type: 'integer' }, value: fc.integer(), breadcrumbs: [] },
    { schema: { type: ['null', 'string'] }, value: fc.oneof(fc.constant(null), fc.string({ unit: 'binary' })), breadcrumbs: [] },
    { schema: { type: ['null', 'number'] }, value: fc.oneof(fc.constant(null), fc.double()), breadcrumbs: [] },
    { schema: { type: 'array', items: { type: 'boolean' } }, value: fc.array(fc.boolean(), { maxLength: 3 }), breadcrumbs: [] },
  ];

  function arrayOf(inner: Shape): Shape {
    return {
      schema: { type: ['null', 'array'], items: inner.schema },
      value: fc.oneof(fc.constant(null), fc.array(inner.value, { maxLength: 2 })),
      breadcrumbs: inner.breadcrumbs.map((path) => ['items', ...path]),
    };
  }

  function objects(depth: number): fc.Arbitrary<Shape> {
    return names.chain((list) =>
      fc.tuple(...list.map(() => shapes(depth - 1))).map((members) => {
        const properties = list.map((name, index) => [name, members[index]!] as const);
        return {
          schema: {
            type: 'object',
            required: list,
            additionalProperties: false,
            properties: Object.fromEntries(properties.map(([name, member]) => [name, member.schema])),
          },
          value: fc
            .tuple(...members.map((member) => member.value))
            .map((values) => Object.fromEntries(list.map((name, index) => [name, values[index]!]))),
          breadcrumbs: properties.flatMap(([name, { breadcrumbs }]) =>
            [[], ...breadcrumbs].map((path) => ['properties', name, ...path]),
          ),
        };
      }),
    );
  }

  function shapes(depth: number): fc.Arbitrary<Shape> {
    const leaf = fc.constantFrom(...leaves);
    return depth === 0 ? leaf : fc.oneof(leaf, objects(depth), objects(depth).map(arrayOf));
  }

  it('validates against the SCHEMA before it, whatever is selected', async () => {
    const mark = fc.constantFrom<JsonObject>(
      {},
      { selected: true },
      { selected: false },
      { inclusion: 'unsupported' },
      { inclusion: 'automatic' },
      { 'selected-by-default': false },
    );
    const scene = objects(3).chain(({ schema, value, breadcrumbs }) =>
      fc.record({
        schema: fc.constant(schema),
        breadcrumbs: fc.constant(breadcrumbs),
        records: fc.array(value, { minLength: 1, maxLength: 3 }),
        marks: fc.tuple(...breadcrumbs.map(() => mark)),
      }),
    );
    const check = fc.asyncProperty(scene, async ({ schema, breadcrumbs, records, marks }) => {
      const stream = memoryStream({ id: 's', schema, keys: [] }, [{ rows: records as Row[] }]);
      const metadata = [
        { breadcrumb: [], metadata: { selected: true } },
        ...marks.map((one, index) => ({ breadcrumb: breadcrumbs[index], metadata: one })),
      ];
      const { messages, error } = await sync([stream], { catalog: { streams: [{ tap_stream_id: 's', schema, metadata }] } });
      expect(error).toBeUndefined();
      const validate = new Ajv({ strict: false }).compile(messages.find((message) => message.type === 'SCHEMA')!.schema!);
      const emitted = messages.filter((message) => message.type === 'RECORD');
      expect(emitted).toHaveLength(records.length);
      // `required` and `additionalProperties: false` make a property too many or too few a failure.
      for (const { record } of emitted) expect(validate(numeric(record)), JSON.stringify(validate.errors)).toBe(true);
    });
    await fc.assert(check, { numRuns: 150 });
  });

  /** Numbers that were kept as text become numbers, as a validator wants them. */
  function numeric(value: unknown): unknown {
    return JSON.parse(stringifyExact(value as Json));
  }
});
