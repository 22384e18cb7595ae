import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { canonical, isObject, typesOf, withPath, type Given } from './config-names.ts';
import { ConfigError, type Problem } from '../errors.ts';
import type { Setting, Settings } from '../settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and merges what `--config` names: JSON files, the later one winning per top-level setting, and for the word `ENV`
 * the variables `<PLUGIN>_<SETTING>` (also from `.env` in the working folder), which win over every file.
 * @throws ConfigError naming every file that is missing, empty or not a JSON object, and none of their contents
 */
export async function readConfig(
  plugin: string,
  settings: Settings,
  sources: readonly string[],
  environment: Environment,
): Promise<Given> {
  const problems: Problem[] = [];
  let merged: Given = {};
  for (const file of sources) {
    if (file === 'ENV') continue;
    const given = await readJsonFile(file, 'config file', problems);
    if (given === undefined) continue;
    if (isObject(given)) merged = { ...merged, ...canonical(settings, given) };
    else problems.push({ path: '', message: `The config file ${file} must hold a JSON object` });
  }
  if (problems.length > 0) throw new ConfigError(problems, { hint: 'Nothing was read or written.' });
  if (!sources.includes('ENV')) return merged;
  let result: unknown = merged;
  const variables = { ...(await dotEnv()), ...environment };
  for (const [path, value] of fromEnvironment(plugin, settings, variables)) result = withPath(result, path, value);
  return result as Given;
}

/**
 * Reads a JSON file that a flag named; undefined, and a problem more, when that fails.
 * `what` is how the message calls the file; `emptyIsNone` says that an empty file is no problem; `parse` replaces JSON.parse.
 */
export async function readJsonFile(
  file: string,
  what: string,
  problems: Problem[],
  options: { readonly emptyIsNone?: boolean; readonly parse?: (text: string) => unknown } = {},
): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    problems.push({ path: '', message: `The ${what} ${file} ${READ_FAULTS[code] ?? `cannot be read (${code})`}` });
    return undefined;
  }
  text = text.replace(/^\uFEFF/, '');
  if (text.trim() === '') {
    if (!options.emptyIsNone) problems.push({ path: '', message: `The ${what} ${file} is empty` });
    return undefined;
  }
  try {
    return (options.parse ?? JSON.parse)(text) as unknown;
  } catch {
    // The engine's message quotes the text, so only the place is told.
    const { jsonFault } = await import('./json-place.ts');
    const { line, column } = jsonFault(text);
    problems.push({ path: '', message: `The ${what} ${file} is not JSON: see line ${line}, column ${column}` });
    return undefined;
  }
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder',
};

/** The variable of a setting: `tap-csv` and `['dedupe', 'on']` to `TAP_CSV_DEDUPE_ON`. */
export function variableName(plugin: string, path: readonly string[]): string {
  return [plugin, ...path]
    .join('_')
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();
}

/** What the environment sets, nested settings after the objects that hold them. */
function* fromEnvironment(
  plugin: string,
  settings: Settings,
  variables: Environment,
  above: readonly string[] = [],
): Generator<[path: readonly string[], value: string]> {
  for (const [name, setting] of Object.entries(settings)) {
    const path = [...above, name];
    const value = [name, ...(setting.aliases ?? [])]
      .map((one) => variables[variableName(plugin, [...above, one])])
      .find((one) => one !== undefined && isSet(setting, one));
    if (value !== undefined) yield [path, value];
    if (setting.properties !== undefined) yield* fromEnvironment(plugin, setting.properties, variables, path);
  }
}

/** An empty variable is how shells and containers say "not set", unless the setting is a text. */
function isSet(setting: Setting, value: string): boolean {
  return value !== '' || typesOf(setting).includes('string');
}

async function dotEnv(): Promise<Environment> {
  try {
    return parseEnv(await readFile('.env', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
