import { describe, expect, it } from 'vitest';
import { catalogText, discover } from '../../../../singer/tap/catalog.ts';
import { ConfigError } from '../../../../singer/errors.ts';
import { memoryStream, sync } from '../../../support/memory-tap.ts';

const nested = memoryStream({
  id: 'orders',
  schema: {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      updated_at: { type: 'string', format: 'date-time' },
      customer: {
        anyOf: [
          { type: 'object', properties: { name: {}, address: { type: 'object', properties: { city: {} } } } },
          { type: 'null' },
        ],
      },
      lines: {
        type: 'array',
        items: { type: 'object', properties: { sku: {}, parts: { type: 'array', items: { properties: { no: {} } } } } },
      },
      blob: {},
    },
  },
  methods: ['INCREMENTAL'],
  replicationKey: 'updated_at',
  metadata: { 'row-count': 3 },
  propertyMetadata: { blob: { inclusion: 'unsupported' }, id: { 'sql-datatype': 'int8' } },
});

function textOf(streams: Parameters<typeof discover>[0]): string {
  return [...catalogText(streams)].join('');
}

function metadataOf(breadcrumb: string[]): unknown {
  const entries = discover([nested]).streams[0]!.metadata;
  return entries.find((entry) => JSON.stringify(entry.breadcrumb) === JSON.stringify(breadcrumb))?.metadata;
}

describe('discover', () => {
  it('says at the root what can be chosen', () => {
    expect(metadataOf([])).toEqual({
      inclusion: 'available',
      'selected-by-default': true,
      'table-key-properties': ['id'],
      'valid-replication-keys': ['updated_at'],
      'forced-replication-method': 'INCREMENTAL',
      'row-count': 3,
    });
  });

  it('forces no method where there is a choice, and names no replication keys where there are none', () => {
    const [entry] = discover([memoryStream({ id: 's' })]).streams[0]!.metadata;
    expect(entry!.metadata).toEqual({ inclusion: 'available', 'selected-by-default': true, 'table-key-properties': ['id'] });
  });

  it('gives every property an entry, at every depth, inside arrays and branches', () => {
    const breadcrumbs = discover([nested]).streams[0]!.metadata.map((entry) => entry.breadcrumb.join('/'));
    expect(breadcrumbs).toEqual([
      '',
      'properties/id',
      'properties/updated_at',
      'properties/customer',
      'properties/customer/properties/name',
      'properties/customer/properties/address',
      'properties/customer/properties/address/properties/city',
      'properties/lines',
      'properties/lines/items/properties/sku',
      'properties/lines/items/properties/parts',
      'properties/lines/items/properties/parts/items/properties/no',
      'properties/blob',
    ]);
  });

  it('marks keys and the forced replication key automatic, and keeps what the tap says of a property', () => {
    expect(metadataOf(['properties', 'id'])).toEqual({ inclusion: 'automatic', 'sql-datatype': 'int8' });
    expect(metadataOf(['properties', 'updated_at'])).toEqual({ inclusion: 'automatic' });
    expect(metadataOf(['properties', 'blob'])).toEqual({ inclusion: 'unsupported' });
    expect(metadataOf(['properties', 'customer', 'properties', 'name'])).toEqual({ inclusion: 'available' });
  });

  it('refuses two streams of one name', () => {
    const streams = [memoryStream({ id: 'a' }), memoryStream({ id: 'b' }), memoryStream({ id: 'a' })];
    expect(() => discover(streams)).toThrow(ConfigError);
    expect(() => discover(streams)).toThrow('"a"');
  });
});

describe('catalogText', () => {
  const wide = memoryStream({
    id: 'wide',
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 5000 }, (_, i) => [`column_${i}`, { type: ['null', 'string'], description: 'x' }]),
      ),
    },
    keys: [],
  });

  it('is JSON whose lines stay far below 64 KiB, with 5000 columns', () => {
    const text = textOf([wide, nested]);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(discover([wide, nested]))));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(1000);
  });

  it('is the same on repeat', () => {
    expect(textOf([wide, nested])).toBe(textOf([wide, nested]));
  });

  it('is JSON without a stream, too', () => {
    expect(JSON.parse(textOf([]))).toEqual({ streams: [] });
  });

  it('takes one stream after the other', () => {
    const asked: string[] = [];
    const streams = ['a', 'b'].map((id) =>
      Object.defineProperty(memoryStream({ id }), 'schema', { get: () => (asked.push(id), {}) }),
    );
    const pieces = catalogText(streams)[Symbol.iterator]();
    pieces.next();
    expect(new Set(asked)).toEqual(new Set(['a']));
  });

  it('passed back unchanged leads to the same sync', async () => {
    const stream = memoryStream({ id: 's' }, [{ rows: [{ id: 1, name: 'a' }], bookmark: { at: 1 } }]);
    const catalog: unknown = JSON.parse(textOf([stream]));
    const timeless = (text: string): string => text.replace(/"time_extracted":"[^"]*"/g, '');
    expect(timeless((await sync([stream], { catalog })).text)).toBe(timeless((await sync([stream])).text));
  });
});
