import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringifyExact } from '../../../../singer/json-text.ts';
import type { Json, JsonObject, Row } from '../../../../singer/json.ts';
import { memoryStream, sync } from '../../../support/memory-tap.ts';

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
