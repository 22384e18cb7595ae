import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { prove } from './prove.ts';
import { tapCsv } from './subjects/tap-csv.ts';

describe('tap-csv', () => {
  prove(tapCsv());

  test('[68] numbers in JSON lines keep their text', async () => {
    const numbers = [
      '9007199254740993',
      '-12345678901234567890',
      '0.10',
      '1e400',
      '12345678901234567890.123456789012345678',
      '1E-7',
    ];
    await runLab(tapCsv(), async (lab) => {
      const path = join(lab.dir, 'numbers.jsonl');
      await writeFile(path, numbers.map((text, id) => `{"id":${id},"value":${text},"deep":[${text}]}\n`).join(''));
      const ran = await lab.run({ config: { files: [{ entity: 'numbers', path }] } });
      expect(ran.code, ran.stderr).toBe(0);
      const records = ran.stdout.toString().match(/"record":\{.*\}(?=,)/g) ?? [];
      expect(records).toEqual(
        numbers.map((text, id) => expect.stringContaining(`{"id":${id},"value":${text},"deep":[${text}]`) as string),
      );
    });
  });
});
