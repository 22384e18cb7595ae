import { parse_message } from 'singer-node';
import { describe, expect, test } from 'vitest';
import { runLab, type SourceWish } from '../../check/index.ts';
import { tapCsv } from './subjects/tap-csv.ts';
import { transformRecords } from './subjects/transform-records.ts';

const WISHES = ['small', 'streams', 'keyed', 'empty', 'odd-names', 'odd-text', 'files'] as const satisfies readonly SourceWish[];

describe('singer-node, an independent reader', () => {
  test.each(WISHES)('reads every SCHEMA, RECORD and STATE of tap-csv, source "%s"', async (wish) => {
    await runLab(tapCsv(), async (lab) => {
      const { config, records } = await lab.source(wish);
      const ran = await lab.run({ config: { ...config, ...lab.perhaps('frequent-state') } });
      expect(ran.code, ran.stderr).toBe(0);
      const counts = mustRead(ran.stdout);
      expect(counts['SCHEMA']).toBeGreaterThan(0);
      expect(counts['STATE']).toBeGreaterThan(0);
      expect(counts['RECORD']).toBe(records);
    });
  });

  test.each(WISHES)('[183] reads what transform-records makes of it, source "%s"', async (wish) => {
    await runLab(tapCsv(), async (lab) => {
      const { config, records } = await lab.source(wish);
      const read = await lab.run({ config: { ...config, ...lab.perhaps('frequent-state') } });
      await runLab(transformRecords(), async (mapper) => {
        const transforms = { '*': { fields: { '*': ['trim', 'collapse_spaces'] }, alias: 'trimmed' } };
        const ran = await mapper.run({ config: { transforms: wish === 'streams' ? {} : transforms }, input: read.stdout });
        expect(ran.code, ran.stderr).toBe(0);
        const counts = mustRead(ran.stdout);
        expect(counts['SCHEMA']).toBeGreaterThan(0);
        expect(counts['STATE']).toBeGreaterThan(0);
        expect(counts['RECORD']).toBe(records);
      });
    });
  });
});

/** The messages by type; what singer-node makes of each must be what it says. */
function mustRead(stdout: Buffer): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { SCHEMA: 0, RECORD: 0, STATE: 0 };
  for (const line of stdout.toString().trimEnd().split('\n')) {
    const came = JSON.parse(line) as Record<string, unknown>;
    const read = parse_message(line);
    counts[read.type] = (counts[read.type] ?? 0) + 1;
    const { type, stream, record, schema, value, time_extracted: time } = came;
    expect(read).toMatchObject(
      type === 'RECORD'
        ? { type, stream, record, time_extracted: time }
        : type === 'SCHEMA'
          ? { type, stream, schema }
          : { type, value },
    );
  }
  return counts;
}
