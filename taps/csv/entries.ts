import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkConfig, ConfigError, type Log, type Problem, type Setting } from '../../singer/tap/index.ts';
import { DETECT, dialectProblems } from './dialect.ts';
import { isEncoding } from './encodings.ts';
import { entityProblems } from './entity.ts';
import { systemError } from './refusal.ts';
import type { CsvConfig, FileConfig } from './settings.ts';
import { rowProblems } from './row-settings.ts';
import { fileSettings } from './settings.ts';
import { formatProblems, typeProblems } from './types/column-type.ts';

/** One entry of the configuration, in the form the tap works with. */
export interface Entry extends Omit<FileConfig, 'path' | 'exclude' | 'keys' | 'zip_members'> {
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly zipMembers: readonly string[];
  readonly keys: readonly string[];
}

/**
 * The entries of `files` and of the definition file, in this order. Throws ConfigError with every problem at once,
 * SystemError when the definition file cannot be read.
 */
export async function entriesOf(config: CsvConfig, log: Log): Promise<Entry[]> {
  const problems: Problem[] = [];
  const entries: Entry[] = [];
  const add = async (list: readonly FileConfig[], place: string): Promise<void> => {
    for (const [index, item] of list.entries()) {
      const entry = {
        ...item,
        paths: typeof item.path === 'string' ? [item.path] : item.path,
        exclude: listOf(item.exclude),
        zipMembers: listOf(item.zip_members),
        keys: [...new Set(item.keys)],
      };
      problems.push(...(await problemsOf(entry)).map((p) => ({ path: `${place}[${index}].${p.setting}`, message: p.message })));
      entries.push(entry);
    }
  };
  await add(config.files ?? [], 'files');
  if (config.csv_files_definition) {
    await add(await definition(config.csv_files_definition, problems, log), 'csv_files_definition');
  }
  if (entries.length === 0 && problems.length === 0) {
    problems.push({ path: 'files', message: 'needs at least one entry, here or in csv_files_definition' });
  }
  for (const entity of new Set(entries.map((entry) => entry.entity))) {
    const keys = entries.filter((entry) => entry.entity === entity).map((entry) => JSON.stringify(entry.keys));
    if (new Set(keys).size > 1) {
      problems.push({ path: 'files', message: `the entries of the stream ${entity} must have the same keys` });
    }
  }
  if (entries.filter((entry) => entry.paths.includes('-')).length > 1) {
    problems.push({ path: 'files', message: 'standard input (-) can be read once, by one entry' });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  for (const entry of entries) tellUnused(entry, log);
  return entries;
}

/** Limits and places for malformed rows that on_error never brings into play. */
function tellUnused({ entity, on_error, max_errors, max_error_rate, reject_file }: Entry, log: Log): void {
  const limits = Object.entries({ max_errors, max_error_rate }).filter(([, value]) => on_error === 'fail' && value !== undefined);
  const settings = limits.map(([name]) => name);
  if (reject_file && on_error !== 'quarantine') settings.push('reject_file');
  if (settings.length > 0) log.warn(`Settings have no effect with on_error ${on_error}`, { entity, settings });
}

async function problemsOf(entry: Entry): Promise<{ setting: string; message: string }[]> {
  const problems = dialectProblems(entry);
  if (entry.encoding !== DETECT && !(await isEncoding(entry.encoding))) {
    const message = `${JSON.stringify(entry.encoding)} is not known; use a name such as utf-8, utf-16, latin-1, cp1252 or shift_jis`;
    problems.push({ setting: 'encoding', message });
  }
  problems.push(...entityProblems(entry), ...typeProblems(entry), ...(await formatProblems(entry)), ...rowProblems(entry));
  if (entry.paths.length === 0 || entry.paths.includes('')) problems.push({ setting: 'path', message: 'must not be empty' });
  for (const path of entry.paths.filter((text) => text.startsWith('file:') && !isFileUrl(text))) {
    problems.push({ setting: 'path', message: `${JSON.stringify(path)} is no URL of a file on this machine: file:///PATH` });
  }
  if (entry.on_error === 'quarantine' && !entry.reject_file) {
    problems.push({ setting: 'reject_file', message: 'is needed with on_error quarantine' });
  }
  return problems;
}

function isFileUrl(text: string): boolean {
  try {
    return fileURLToPath(text) !== '';
  } catch {
    // No URL, the name of another machine, or a slash that is escaped.
    return false;
  }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

async function definition(path: string, problems: Problem[], log: Log): Promise<FileConfig[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw systemError(path, error);
  }
  let list: unknown;
  try {
    list = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new ConfigError([{ path: 'csv_files_definition', message: `${path} is not valid JSON` }], { cause: error });
  }
  if (!Array.isArray(list)) {
    problems.push({ path: 'csv_files_definition', message: `${path} must hold a list of file entries` });
    return [];
  }
  return list.flatMap((item: unknown, index) => {
    const place = `csv_files_definition[${index}]`;
    const { config, problems: found, unknown } = checkConfig({ [place]: ENTRY }, { [place]: item ?? false });
    for (const { path } of unknown) log.warn('The setting is not known', { setting: path });
    problems.push(...found);
    return found.length > 0 ? [] : [config[place] as FileConfig];
  });
}

/** An entry of the definition file is one of `files`. */
const ENTRY: Setting = { type: 'object', description: 'A file.', properties: fileSettings };
