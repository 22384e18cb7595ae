import { parse_message } from 'singer-node';
import { describe, expect, test } from 'vitest';
import { runLab, type SourceWish } from '../../check/index.ts';
import { tapCsv } from './subjects/tap-csv.ts';

const WISHES = ['small', 'streams', 'keyed', 'empty', 'odd-names', 'odd-text', 'files'] as const satisfies readonly SourceWish[];

describe('singer-node, an independent reader', () => {
  test.each(WISHES)('reads every SCHEMA, RECORD and STATE of tap-csv, source "%s"', async (wish) => {
    await runLab(tapCsv(), async (lab) => {
      const { config, records } = await lab.source(wish);
      const ran = await lab.run({ config: { ...config, ...lab.perhaps('frequent-state') } });
      expect(ran.code, ran.stderr).toBe(0);
      const lines = ran.stdout.toString().trimEnd().split('\n');
      const counts: Record<string, number> = { SCHEMA: 0, RECORD: 0, STATE: 0 };
      for (const line of lines) {
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
      expect(counts['SCHEMA']).toBeGreaterThan(0);
      expect(counts['STATE']).toBeGreaterThan(0);
      expect(counts['RECORD']).toBe(records);
    });
  });
});
