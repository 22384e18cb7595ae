import { describe, expect, it } from 'vitest';
import type { ExistingTable } from '../../../../targets/postgres/tables/catalog.ts';
import { joinOf, settle, type Settled } from '../../../../targets/postgres/tables/evolve.ts';
import type { PlannedColumn, TablePlan } from '../../../../targets/postgres/tables/plan.ts';
import { growthOf } from '../../../../targets/postgres/types/sizes.ts';
import type { ColumnType, PgType } from '../../../../targets/postgres/types/types.ts';
import { existingColumn, existingTable } from './existing.ts';

const TYPES: readonly PgType[] = [
  'bigint',
  'boolean',
  'bytea',
  'date',
  'jsonb',
  'numeric',
  'text',
  'time',
  'timestamptz',
  'uuid',
];

function planned(name: string, type: ColumnType): PlannedColumn {
  return { name, type, nullable: true, compared: true };
}

function plan(columns: readonly PlannedColumn[], more: Partial<TablePlan> = {}): TablePlan {
  return {
    stream: 'orders',
    schema: 's',
    table: 't',
    method: 'upsert',
    columns,
    keys: [],
    copy: { header: { stream: 'orders', schema: {}, columns: [], keys: [], notesChanges: false }, columns: [], metadata: [] },
    isDirect: true,
    conversions: [],
    onTypeChange: 'evolve',
    onKeyChange: 'fail',
    maxRewriteRows: 10,
    discarded: [],
    filled: [],
    vacated: [],
    ...more,
  };
}

const TEXT = { type: 'text', sql: 'text' } as const;
const table = (...columns: ReturnType<typeof existingColumn>[]): ExistingTable =>
  existingTable({ columns: new Map(columns.map((column) => [column.name, column])) });
const settled = (of: TablePlan, existing: ExistingTable, options: Partial<Parameters<typeof settle>[2]> = {}): Settled =>
  settle(of, existing, { refused: new Set(), isSmall: true, ...options });
const sqlOf = ({ changes }: Settled): readonly string[] => changes.map(({ sql }) => sql);
const ALTER = 'ALTER TABLE "s"."t" ALTER COLUMN "x" TYPE text';
const ADD = `ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "x__text" text; COMMENT ON COLUMN "s"."t"."x__text" IS 'singer variant of "x"'`;

describe('a plan settles in a table', () => {
  it('as it is, where the types take its values', () => {
    const of = plan([planned('x', TEXT), planned('new', TEXT)]);
    const result = settled(of, table(existingColumn({ name: 'x', base: 'text', sql: 'text' })));
    expect(result).toEqual({ plan: of, changes: [], lossy: [], variants: [], asksForSize: false });
  });

  it('by a widening of a small table, and beside the column of a large one', () => {
    const of = plan([planned('x', TEXT)]);
    const there = table(existingColumn({ name: 'x' }));
    const small = settled(of, there);
    expect([sqlOf(small), small.asksForSize]).toEqual([[ALTER], true]);
    const large = settled(of, there, { isSmall: false });
    expect(sqlOf(large)).toEqual([ADD]);
    expect(large.variants).toEqual([{ column: 'x', variant: 'x__text', type: 'bigint', reason: 'rows' }]);
    const refused = settled(of, there, { refused: new Set([ALTER]) });
    expect([sqlOf(refused), refused.variants[0]!.reason]).toEqual([[ADD], 'refused']);
  });

  it('in the variant that is there, whatever the size, with its column blank; and in the column again with the variant blank', () => {
    const there = table(
      existingColumn({ name: 'x' }),
      existingColumn({ name: 'x__text', base: 'text', sql: 'text', variantOf: 'x' }),
    );
    const beside = settled(plan([planned('x', TEXT)]), there);
    expect(beside.changes).toEqual([]);
    expect(beside.plan.columns.map(({ name, isBlank }) => [name, isBlank])).toEqual([
      ['x__text', undefined],
      ['x', true],
    ]);
    const back = settled(plan([planned('x', { type: 'bigint', sql: 'bigint' })]), there);
    expect(back.plan.columns.map(({ name, isBlank }) => [name, isBlank])).toEqual([
      ['x', undefined],
      ['x__text', true],
    ]);
  });

  it('leaves a namesake of a variant alone', () => {
    const there = table(existingColumn({ name: 'x' }), existingColumn({ name: 'x__text', base: 'text', sql: 'text' }));
    const { variants, plan: result } = settled(plan([planned('x', TEXT)]), there, { isSmall: false });
    expect(variants[0]!.variant).toMatch(/^x__text_[0-9a-f]{8}$/);
    expect(result.columns.map(({ name }) => name)).not.toContain('x__text');
  });

  it('widens a key whatever the size, and refuses where that cannot be', () => {
    const of = plan([planned('x', TEXT)], { keys: ['x'] });
    const there = table(existingColumn({ name: 'x' }));
    expect(settled(of, there, { isSmall: false })).toMatchObject({ changes: [{ sql: ALTER }], asksForSize: false });
    expect(() => settled(of, there, { refused: new Set([ALTER]) })).toThrow(expect.objectContaining({ code: 'column-type' }));
    expect(() => settled({ ...of, onTypeChange: 'fail' }, there)).toThrow(expect.objectContaining({ code: 'column-type' }));
  });

  it('casts what COPY cannot write, in the stage', () => {
    const there = table(existingColumn({ name: 'x', base: 'jsonb', sql: 'jsonb' }));
    const { plan: result } = settled(plan([planned('x', TEXT)]), there);
    expect(result).toMatchObject({ isDirect: false, conversions: [{ column: 'x', sql: 'jsonb', using: 'to_jsonb("x")' }] });
  });

  it('leaves the sizes of tables that are not ours', () => {
    const of = plan([planned('x', TEXT)]);
    const column = existingColumn({ name: 'x', base: 'varchar', modifier: 14, sql: 'character varying(10)' });
    expect(settled(of, existingTable({ columns: new Map([['x', column]]), stream: undefined })).changes).toEqual([]);
    expect(sqlOf(settled(of, table(column)))).toEqual([ALTER]);
  });
});

describe('the join of two types', () => {
  it('is the same either way, holds both, and ends at jsonb', () => {
    for (const a of TYPES) {
      expect(joinOf(a, a)).toBe(a);
      expect(joinOf(a, 'jsonb')).toBe('jsonb');
      for (const b of TYPES) {
        const joined = joinOf(a, b);
        expect(joined).toBe(joinOf(b, a));
        expect([joinOf(a, joined), joinOf(b, joined)]).toEqual([joined, joined]);
      }
    }
  });
});

describe('a column of a size', () => {
  const numeric = (precision: number, scale: number): number => ((precision << 16) | scale) + 4;
  const into = (base: string, modifier: number): Parameters<typeof growthOf>[1] => ({ base, modifier, plain: base });

  it.each([
    [TEXT, into('varchar', 14), { sql: 'text', isFree: true }],
    [{ type: 'text', sql: 'character varying(20)' }, into('varchar', 14), { sql: 'character varying(20)', isFree: true }],
    [{ type: 'text', sql: 'character varying(10)' }, into('varchar', 14), undefined],
    [TEXT, into('varchar', -1), undefined],
    [TEXT, into('text', -1), undefined],
    [{ type: 'bigint', sql: 'bigint' }, into('int4', -1), { sql: 'bigint', isFree: false }],
    [{ type: 'bigint', sql: 'integer' }, into('int4', -1), undefined],
    [{ type: 'bigint', sql: 'smallint' }, into('int4', -1), undefined],
    [{ type: 'numeric', sql: 'numeric' }, into('numeric', numeric(12, 2)), { sql: 'numeric', isFree: true }],
    [{ type: 'numeric', sql: 'numeric(14,2)' }, into('numeric', numeric(12, 2)), { sql: 'numeric(14,2)', isFree: true }],
    [{ type: 'numeric', sql: 'numeric(14,4)' }, into('numeric', numeric(12, 2)), { sql: 'numeric', isFree: true }],
    [{ type: 'numeric', sql: 'numeric(6,2)' }, into('numeric', numeric(12, 2)), undefined],
    [{ type: 'bigint', sql: 'bigint' }, into('numeric', numeric(12, 2)), { sql: 'numeric', isFree: true }],
    [{ type: 'bigint', sql: 'bigint' }, into('numeric', numeric(30, 2)), undefined],
    [{ type: 'numeric', sql: 'numeric' }, into('numeric', -1), undefined],
  ] as const)('for %j in %j grows to %j', (from, there, growth) => expect(growthOf(from, there)).toEqual(growth));
});
