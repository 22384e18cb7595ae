import { access, constants, writeFile } from 'node:fs/promises';
import { basename, delimiter, join, resolve } from 'node:path';
import { runLab } from '../index.ts';
import { isObject, parse } from '../messages.ts';
import type { Config, Subject } from '../subject.ts';
import { waysAmong } from '../ways.ts';
import type { Ask } from './options.ts';
import { destinations } from './probe.ts';
import { bytesOf, look, sources, stdoutOf, type Look } from './tap-sources.ts';
import { UsageError } from './usage.ts';

/**
 * Describes an executable that nothing is known of but its command and config: by what it says and does, and by the caller's word.
 * @param folder for files that the checks need until the end
 * @throws UsageError if it cannot be started so
 */
export async function describeStranger(ask: Ask, folder: string): Promise<Subject> {
  const [file, ...leading] = ask.command;
  const bare: Subject = {
    kind: ask.kind,
    name: ask.name ?? basename(leading.find((arg) => !arg.startsWith('-')) ?? file).replace(/\.\w+$/, ''),
    command: [await pathOf(file), ...leading],
    config: ask.config,
    cwd: process.cwd(),
  };
  const about = await aboutOf(bare, ask);
  const schema = isObject(about['settings']) ? about['settings'] : {};
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const secret =
    ask.secret ?? Object.keys(properties).find((name) => isSecret(properties[name]) && typeof ask.config[name] === 'string');
  const described: Subject = {
    ...bare,
    ...(ask.name === undefined && typeof about['name'] === 'string' ? { name: about['name'] } : {}),
    // What a config says is known, too: some mappers say nothing of themselves.
    ways: { ...waysAmong(ask.kind, ask.kind === 'mapper' ? { ...ask.config, ...properties } : properties), ...ask.ways },
    badConfigs: ask.bad === undefined ? spoilt(properties, ask.config) : [{ config: ask.bad, mentions: Object.keys(ask.bad) }],
    needs: Array.isArray(schema['required']) ? schema['required'].map(String) : [],
    ...(secret === undefined ? {} : { secret: { setting: secret, value: secretValue(secret, ask.config) } }),
  };
  if (ask.kind === 'mapper') return described;
  return ask.kind === 'target' ? { ...described, ...destinations(ask) } : withSources(described, ask, folder);
}

async function withSources(subject: Subject, ask: Ask, folder: string): Promise<Subject> {
  const started: Subject = { ...subject, moreArgs: givenArgs({ catalog: ask.catalog, state: ask.state }) };
  let seen: Look | undefined;
  const { bytes } = ask.sources;
  let large = 0;
  await runLab(
    started,
    async (lab) => {
      seen = await look(lab, ask.milliseconds);
      if (bytes !== undefined) large = await bytesOf(lab, bytes, ask.milliseconds);
    },
    { signal: ask.signal },
  );
  if (seen === undefined) throw new Error('The tap was not looked at');
  const makeSource = sources(ask.config, ask.sources, seen, large);
  if (seen.selected === undefined) return { ...started, makeSource };
  const catalog = join(folder, 'selected.json');
  await writeFile(catalog, JSON.stringify(seen.selected));
  return { ...started, makeSource, moreArgs: givenArgs({ catalog, state: ask.state }) };
}

/** Where one of these stands, the run reads no catalog or brings its own. */
const NO_CATALOG = ['--discover', '-d', '--catalog', '--properties', '-p', '--about', '--help', '--version'];

/** Adds the files to runs that read a catalog and a state and bring none. */
function givenArgs(files: { readonly catalog: string | undefined; readonly state: string | undefined }) {
  return (args: readonly string[]): string[] => [
    ...(files.catalog !== undefined && !args.some((arg) => NO_CATALOG.includes(arg)) ? ['--catalog', files.catalog] : []),
    ...(files.state !== undefined && !args.includes('--state') ? ['--state', files.state] : []),
  ];
}

/** The absolute path of an executable, so that it can be called from any folder. Throws UsageError if there is none. */
async function pathOf(file: string): Promise<string> {
  const folders = file.includes('/') ? [process.cwd()] : (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    const path = resolve(folder, file);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new UsageError(`${file} is no executable file${file.includes('/') ? '' : ' in any folder of PATH'}`);
}

/** What `--about --format json` says; nothing for an executable that does not know the flag. */
async function aboutOf(subject: Subject, ask: Ask): Promise<Readonly<Record<string, unknown>>> {
  let about: unknown;
  await runLab(
    subject,
    async (lab) => {
      about = parse(
        (await stdoutOf(lab, { args: ['--about', '--format=json'], config: false, milliseconds: ask.milliseconds })).toString(),
      );
    },
    { signal: ask.signal },
  );
  return isObject(about) ? about : {};
}

const isSecret = (property: unknown): boolean =>
  isObject(property) && (property['secret'] === true || property['writeOnly'] === true || property['format'] === 'password');

/** The value of a secret setting; the owner must have given one. */
function secretValue(name: string, config: Config): string {
  const value = config[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--secret ${name} needs a text for ${name} in the config`);
  return value;
}

/** Configs that must be refused, from what the plugin says of its settings: of the wrong type, one at a time and two at once. */
function spoilt(properties: Readonly<Record<string, unknown>>, config: Config): NonNullable<Subject['badConfigs']> {
  const typesOf = (name: string): unknown[] =>
    isObject(properties[name]) ? [properties[name]['type']].flat().filter((type) => type !== 'null') : [];
  const objects = Object.keys(properties).filter((name) => typesOf(name).join() === 'object');
  const plain = Object.keys(properties).filter(
    (name) => typesOf(name).length > 0 && !typesOf(name).includes('object') && !typesOf(name).includes('string'),
  );
  const typed = [...plain, ...objects];
  const wrong = (name: string): Config => ({ [name]: objects.includes(name) ? 17 : { check: 'no value of this type' } });
  const ownText = Object.keys(config).find(
    (name) => isObject(properties[name]) && [properties[name]['type']].flat().includes('string'),
  );
  const first = typed.find((name) => name in config) ?? ownText;
  // The first must spoil something that the config has: repairing it by a later file must bring the run back.
  if (first === undefined) return [];
  const second = typed.find((name) => name !== first);
  return [
    { config: wrong(first), mentions: [first] },
    ...(second === undefined ? [] : [{ config: { ...wrong(first), ...wrong(second) }, mentions: [first, second] }]),
  ];
}
