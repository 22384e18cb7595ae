import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Transactor } from '../../../clients/postgres/transactor.ts';
import { ConfigError, InputError, isJsonObject, parseExact, type JsonObject, type Run } from '../../../singer/index.ts';
import { currentSchema } from '../tables/catalog.ts';
import { defaultSchema } from '../tables/naming.ts';
import { transactorOptions } from '../open.ts';
import type { TargetConfig } from '../settings.ts';
import type { ErasureReport } from './erasures.ts';
import { openErasures } from './open.ts';
import { erasuresOf } from './plan.ts';

/** `erase apply FILE|-`, `erase dry-run FILE|-`: does what the setting `erasures` says for requests in a file of JSON lines. */
export async function erase(config: TargetConfig, run: Run, [action = '', file]: readonly string[]): Promise<string> {
  if (action !== 'apply' && action !== 'dry-run')
    throw new ConfigError([{ path: 'erase', message: 'needs one of apply FILE, dry-run FILE' }]);
  if (file === undefined) throw new ConfigError([{ path: `erase ${action}`, message: 'needs a file, or - for stdin' }]);
  const plans = erasuresOf(config);
  if (plans.length === 0) throw new ConfigError([{ path: 'erasures', message: 'is empty: nothing says what to erase' }]);
  const rows = await requestsIn(file);
  const tx = new Transactor(transactorOptions(config, run, () => undefined));
  try {
    const erasures = openErasures(config, defaultSchema(config, process.env) ?? (await tx.read(currentSchema)), run)!;
    const reports = await tx.run(async (session) => {
      const made: ErasureReport[] = [];
      for (const plan of plans) {
        made.push(await erasures.run(session, plan, erasures.requestsIn(rows, plan), { dryRun: action === 'dry-run' }));
      }
      return made;
    }, 'commit');
    return reports.flatMap((report) => textOf(report, action)).join('\n');
  } finally {
    await tx.close();
  }
}

function textOf({ pending, requests, tables }: ErasureReport, action: 'apply' | 'dry-run'): string[] {
  const what = action === 'apply' ? 'erased' : 'would be erased';
  return [
    `requests ${requests}, without a row ${pending}`,
    ...tables.map(({ found, table }) =>
      found === undefined
        ? `${table}: there is no such table`
        : `${table}: ${found.met} rows name people who asked, ${found.erased} ${what}`,
    ),
  ];
}

/** Throws InputError, with no word of what the file holds. */
async function requestsIn(file: string): Promise<readonly JsonObject[]> {
  const content = file === '-' ? await text(process.stdin) : await readRequests(file);
  return content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      const value = parseExact(line);
      if (isJsonObject(value)) return [value];
    } catch {
      // Told below, without the parser's words, which quote the line.
    }
    throw new InputError(`Line ${index + 1} of the requests is not a JSON object`, {
      code: 'request-not-json',
      facts: { file, line: index + 1 },
      hint: 'Give one request a line, with the columns that erasures compares: {"customer_id": "7"}.',
    });
  });
}

async function readRequests(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`The file of requests cannot be read: ${file}`, {
      code: 'requests-unreadable',
      facts: { file, reason: (error as NodeJS.ErrnoException).code },
    });
  }
}
