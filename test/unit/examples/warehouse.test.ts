import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releases, resales, type Resale } from '../../../examples/warehouse/generate.mjs';
import {
  categories,
  leaseMonths,
  pricePerSquareMetre,
  releaseTypes,
  wrongReleases,
  wrongSales,
  type Release,
} from '../../../examples/warehouse/verify.mjs';
import { temporaryFolder } from '../../support/tmp.ts';

describe('the sources of the example warehouse', () => {
  test('are the same for the same seed', () => {
    expect([...resales({ rows: 500, seed: 1 })]).toEqual([...resales({ rows: 500, seed: 1 })]);
    expect([...resales({ rows: 500, seed: 2 })]).not.toEqual([...resales({ rows: 500, seed: 1 })]);
    expect(releases({ seed: 1 })).toEqual(releases({ seed: 1 }));
  });

  test('have the dirt of the real ones', () => {
    const rows = [...resales({ rows: 20_000, seed: 1 })];
    const seen = (of: (row: Resale) => string): Set<string> => new Set(rows.map(of));
    expect(seen(({ town }) => town).size).toBe(26);
    expect(seen(({ flat_type }) => flat_type).size).toBe(7);
    expect(seen(({ flat_model }) => flat_model).size).toBe(21);
    for (const form of [/^\d+$/, /^\d+ years$/, /^\d+ years \d\d months$/, /^\d+ years 01 month$/])
      expect(rows.some(({ remaining_lease }) => form.test(remaining_lease))).toBe(true);
    for (const form of [/^0$/, /^\d+$/, /^\d+\.0$/, /^\d+\.5$/])
      expect(rows.some(({ floor_area_sqm }) => form.test(floor_area_sqm))).toBe(true);
    expect(rows.some(({ block }) => /[A-E]$/.test(block))).toBe(true);
    const withoutId = rows.map((row) => JSON.stringify({ ...row, id: 0 }));
    expect(new Set(withoutId).size).toBeLessThan(rows.length);
    // Each month is one transaction; a few rows were corrected later.
    expect(seen(({ created_at }) => created_at).size).toBe(107);
    const corrected = rows.filter(({ created_at, updated_at }) => Date.parse(created_at) !== Date.parse(updated_at));
    expect(corrected.length).toBeGreaterThan(10);
    expect(corrected.length).toBeLessThan(rows.length / 100);

    const all = releases({ releases: 130, seed: 1 });
    expect(new Set(all.map(({ tag_name }) => tag_name)).size).toBe(130);
    expect(all.some(({ body }) => body === null)).toBe(true);
    expect(all.some(({ body }) => body?.includes('\r\n'))).toBe(true);
    expect(all.some(({ body }) => body?.includes('🎉'))).toBe(true);
    expect(all.some(({ draft, published_at }) => draft && published_at === null)).toBe(true);
    expect(all.some(({ tag_name }) => tag_name.endsWith('rc0'))).toBe(true);
  });
});

describe('the verification of the example warehouse', () => {
  const rows = [...resales({ rows: 3, seed: 1 })];
  const lines = rows.map((row) =>
    JSON.stringify({
      ...row,
      month: `${row.month}-01`,
      floor_area_sqm: Number(row.floor_area_sqm),
      resale_price: Number(row.resale_price),
      storey_low: Number(row.storey_range.slice(0, 2)),
      storey_high: Number(row.storey_range.slice(6)),
      remaining_lease_months: leaseMonths(row.remaining_lease),
      price_per_sqm: Math.round((pricePerSquareMetre(row) ?? 0) * 100) / 100,
    }),
  );
  const file = (text: readonly string[]): string => {
    const path = join(temporaryFolder(), 'lines.jsonl');
    writeFileSync(path, text.map((line) => `${line}\n`).join(''));
    return path;
  };

  test('reads leases in all their forms', () => {
    expect(['61 years 04 months', '61 years 01 month', '61 years', '61'].map(leaseMonths)).toEqual([736, 733, 732, 732]);
  });

  test('finds sales that are lost, doubled, swapped or altered, and no others', async () => {
    expect(await wrongSales(file(lines), rows)).toEqual([]);
    const wrong = [
      lines.slice(1),
      lines.slice(0, 2),
      [...lines, lines[2]!],
      [lines[1]!, lines[0]!, lines[2]!],
      lines.map((line) => line.replace(/"block":"[^"]*"/, '"block":"0"')),
      lines.map((line) => line.replace(/"updated_at":"20/, '"updated_at":"19')),
      lines.map((line) => line.replace(/"price_per_sqm":\d+/, '"price_per_sqm":1')),
    ];
    for (const each of wrong) expect(await wrongSales(file(each), rows)).not.toEqual([]);
  });

  test('finds releases that are lost, doubled or judged wrongly, and no others', async () => {
    const there: Release[] = [
      { repo: 'a', id: 1, tag_name: 'v1', body: 'a bug\r\n', published_at: null },
      { repo: 'a', id: 2, tag_name: 'v2', body: null, published_at: '2026-01-01T00:00:00Z' },
      { repo: 'b', id: 3, tag_name: 'v3', body: 'Bug', published_at: '2026-01-01T00:00:00Z' },
    ];
    const made = there.map(({ repo, id, tag_name: version, body: summary, published_at }) =>
      JSON.stringify({ repo, id, version, summary, published_at, is_feature: false, is_bug: id === 1, is_performance: false }),
    );
    expect(await wrongReleases(file(made), there)).toEqual([]);
    const wrong = [made.slice(1), [...made, made[0]!], made.map((line) => line.replace('"is_bug":false', '"is_bug":true'))];
    for (const each of wrong) expect(await wrongReleases(file(each), there)).not.toEqual([]);
    expect(releaseTypes(there).filter(({ releases: count }) => count > 0)).toEqual([{ repo: 'a', type: 'bug', releases: 1 }]);
  });

  test('takes the mean of prices per square metre over those that have an area', () => {
    const same = { ...rows[0]!, resale_price: '100' };
    const areas = ['10', '20', '0'].map((floor_area_sqm) => ({ ...same, floor_area_sqm }));
    expect([...categories(areas).values()]).toEqual([{ sales: 3, price: 100, area: 10, perSquareMetre: 7.5 }]);
  });
});
