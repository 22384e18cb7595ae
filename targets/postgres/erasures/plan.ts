import { ConfigError, type Problem } from '../../../singer/index.ts';
import type { TargetConfig } from '../settings.ts';

/** One table whose rows are erased. */
export interface ErasedTable {
  /** As configured: `customers`, `sales.customers`. */
  readonly name: string;
  /** Columns that name people, or paths into JSON (`record.email`), with the column of a request that each is compared with. */
  readonly where: readonly (readonly [column: string, asked: string])[];
  readonly fields: readonly string[];
}

/** Which requests erase what. */
export interface Erasure {
  readonly stream: string;
  readonly tables: readonly ErasedTable[];
  /** The columns by which requests name people. */
  readonly asked: readonly string[];
  readonly dates: 'year' | 'null';
}

/** Shorter than this a key can be guessed. */
const LEAST_KEY = 32;

/** The setting `erasures`, checked. Throws ConfigError. */
export function erasuresOf({ erasure_key: key, erasures }: Pick<TargetConfig, 'erasure_key' | 'erasures'>): readonly Erasure[] {
  if (erasures === undefined || erasures.length === 0) return [];
  const problems: Problem[] = [];
  if (key === undefined)
    problems.push({ path: 'erasure_key', message: 'is required with erasures: the log knows requests by hashes made with it' });
  else if (key.trim().length < LEAST_KEY)
    problems.push({ path: 'erasure_key', message: `has fewer than ${LEAST_KEY} characters` });
  const made = erasures.map((given, index) => erasureOf(given, `erasures[${index}]`, problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return made;
}

function erasureOf(given: NonNullable<TargetConfig['erasures']>[number], path: string, problems: Problem[]): Erasure {
  const { match = {}, requests_stream: stream } = given;
  for (const name of Object.keys(match)) {
    if (given.tables.some(({ table }) => table === name)) continue;
    problems.push({ path: `${path}.match.${name}`, message: 'is no table of tables: say there which of its fields are erased' });
  }
  const tables = given.tables.map(({ fields, table, where }, index): ErasedTable => {
    const names = Object.entries(where ?? match[table] ?? {});
    const at = `${path}.tables[${index}]`;
    if (names.length === 0) problems.push({ path: `${at}.where`, message: `must say how rows of ${table} name people` });
    if (fields.length === 0) problems.push({ path: `${at}.fields`, message: 'must name the columns that are erased' });
    return { name: table, where: names, fields };
  });
  const asked = [...new Set(tables.flatMap(({ where }) => where.map(([, column]) => column)))].toSorted();
  return { stream, tables, asked, dates: given.dates };
}
