import { spawn } from 'node:child_process';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { command, root } from '../../../scripts/command.mjs';
import { isPlainType, typeText, unsized, type ColumnType } from '../../../targets/bigquery/types/types.ts';

/** A table as the analyzer is to know it. */
export interface AnalyzedTable {
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
}

const LIBRARY = join(root, '.cache', 'googlesql-0.5.2');
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * A `describe` for tests that ask Google's analyzer of GoogleSQL; Maven fetches it into .cache/ once. Reported as skipped, with the reason,
 * where it cannot be had; a failure with CI or REQUIRE_BACKENDS set.
 */
export async function describeWithAnalyzer(name: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await fetchAnalyzer();
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    describe.skip(`${name} (skipped: ${error instanceof Error ? error.message.split('\n')[0] : String(error)})`, body);
    return;
  }
  describe(name, body);
}

/** What the analyzer says of each statement: `ok`, or why not. `parameters`: names of texts that statements may use. */
export async function analyze(
  tables: readonly AnalyzedTable[],
  statements: readonly string[],
  parameters: Iterable<string> = [],
): Promise<string[]> {
  const lines = [
    ...[...parameters].map((name) => `parameter\t${name}`),
    ...tables.map(({ project, dataset, table, columns }) =>
      ['table', project, dataset, table, ...columns.flatMap((column) => [column.name, kindOf(column.type)])].join('\t'),
    ),
    ...statements.map((sql) => `sql\t${Buffer.from(sql).toString('base64')}`),
  ];
  const child = spawn('java', ['-cp', join(LIBRARY, '*'), here('Check.java')], { stdio: 'pipe' });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(`${lines.join('\n')}\n`);
  await closed;
  const verdicts = output.split('\n').slice(0, -1);
  if (verdicts.length !== statements.length) throw new Error(`The analyzer has failed: ${errors.slice(0, 2000)}`);
  return verdicts;
}

/** The library's name of a type; a nested one as it stands in a statement. */
function kindOf(type: ColumnType): string {
  if (!isPlainType(type)) return typeText(unsized(type));
  return type.type === 'FLOAT64' ? 'DOUBLE' : type.type;
}

async function fetchAnalyzer(): Promise<void> {
  const java = await command('java', ['-version']);
  if (java.status !== 0) throw new Error('Java is needed for Google’s analyzer, and was not found');
  if (await stat(LIBRARY).catch(() => undefined)) return;
  // Made beside and renamed, so that a run that was stopped leaves nothing half done.
  const made = `${LIBRARY}.${process.pid}`;
  await mkdir(made, { recursive: true });
  await copyFile(here('pom.xml'), join(made, 'pom.xml'));
  const fetched = await command('mvn', [
    '-q',
    '-B',
    '-f',
    join(made, 'pom.xml'),
    'dependency:copy-dependencies',
    '-DoutputDirectory=.',
  ]);
  if (fetched.status !== 0) throw new Error(`Google’s analyzer cannot be fetched: ${fetched.output.trim()}`);
  await rename(made, LIBRARY).catch(() => rm(made, { recursive: true, force: true }));
}
