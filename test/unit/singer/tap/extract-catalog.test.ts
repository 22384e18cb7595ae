import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../singer/errors.ts';
import type { Batch, ReadRequest } from '../../../../singer/tap/source.ts';
import type { JsonObject } from '../../../../singer/json.ts';
import { discover } from '../../../../singer/tap/catalog.ts';
import { memoryStream, sync } from '../../../support/memory-tap.ts';
import { rows, a, b, catalog } from './two-streams.ts';

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
