import { parseArgs } from 'node:util';
import { statements, type Kind, type Mark } from '../statements.ts';
import type { Config, SourceWish } from '../subject.ts';
import { wayNames, type Way } from '../ways.ts';
import { wishNames } from './tap-sources.ts';
import { jsonObject, jsonObjectFile, UsageError } from './usage.ts';

export const FORMATS = ['text', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** What the caller asks for. */
export interface Ask {
  readonly kind: Kind;
  /** The executable and its own arguments, without the Singer flags below. */
  readonly command: readonly [string, ...string[]];
  readonly config: Config;
  /** Paths of `--catalog` and `--state`, for taps. */
  readonly catalog: string | undefined;
  readonly state: string | undefined;
  readonly name: string | undefined;
  readonly only: ReadonlySet<number> | undefined;
  readonly marks: ReadonlySet<Mark>;
  readonly format: Format;
  /** After this time a check is given up. */
  readonly milliseconds: number;
  readonly keep: boolean;
  readonly ways: Partial<Record<Way, Config>>;
  readonly sources: Partial<Record<SourceWish, Config>>;
  readonly secret: string | undefined;
  readonly bad: Config | undefined;
  /** Shell commands: before and after each destination, and to read a stream from it. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly read: string | undefined;
  /** Aborted when nobody wants an answer any more. */
  readonly signal?: AbortSignal | undefined;
}

const MARKS: readonly Mark[] = ['S', 'M', 'K', 'P', '+'];
const DEFAULT_SECONDS = 120;

/** Flags of the executable that the checks give themselves; the caller's values stand for them. */
const SINGER_FLAGS: Readonly<Record<string, 'config' | 'catalog' | 'state'>> = {
  '--config': 'config',
  '-c': 'config',
  '--catalog': 'catalog',
  '--properties': 'catalog',
  '-p': 'catalog',
  '--state': 'state',
  '-s': 'state',
};

/**
 * Reads `OPTIONS -- COMMAND ARGS`.
 * @throws UsageError saying what to write instead
 */
export async function readOptions(kind: Ask['kind'], argv: readonly string[]): Promise<Ask> {
  const cut = argv.indexOf('--');
  if (cut < 0) throw new UsageError(`Write the ${kind} after "--": tapline check-${kind} -- COMMAND --config config.json`);
  const { values } = parsed(argv.slice(0, cut));
  const { command, config, catalog, state } = singerCommand(kind, argv.slice(cut + 1));
  return {
    kind,
    command,
    config: await merged(config),
    catalog,
    state,
    name: values.name,
    only: values.only === undefined ? undefined : numbers(values.only),
    marks: marksIn(values.mark),
    format: among(values.format ?? 'text', FORMATS, '--format'),
    milliseconds: seconds(values.timeout) * 1000,
    keep: values.keep ?? false,
    ways: Object.fromEntries((values.set ?? []).map((text) => waySetting(text))) as Ask['ways'],
    sources: Object.fromEntries(await Promise.all((values.source ?? []).map(wishedSource))) as Ask['sources'],
    secret: values.secret,
    bad: values.bad === undefined ? undefined : jsonObject(values.bad, '--bad'),
    before: values.before,
    after: values.after,
    read: values.read,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        mark: { type: 'string' },
        format: { type: 'string' },
        timeout: { type: 'string' },
        keep: { type: 'boolean' },
        name: { type: 'string' },
        set: { type: 'string', multiple: true },
        source: { type: 'string', multiple: true },
        secret: { type: 'string' },
        bad: { type: 'string' },
        before: { type: 'string' },
        after: { type: 'string' },
        read: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function singerCommand(
  kind: Ask['kind'],
  args: readonly string[],
): { command: Ask['command']; config: readonly string[]; catalog: string | undefined; state: string | undefined } {
  const command: string[] = [];
  const found: Record<'config' | 'catalog' | 'state', string[]> = { config: [], catalog: [], state: [] };
  for (let at = 0; at < args.length; at++) {
    const [flag, inline] = args[at]!.startsWith('--') ? split(args[at]!) : [args[at]!];
    const what = command.length > 0 ? SINGER_FLAGS[flag] : undefined;
    if (what === undefined) {
      command.push(args[at]!);
      continue;
    }
    const value = inline ?? args[++at];
    if (value === undefined) throw new UsageError(`${flag} needs a file`);
    found[what].push(value);
  }
  const [file, ...rest] = command;
  if (file === undefined)
    throw new UsageError(`Name the ${kind} after "--": tapline check-${kind} -- COMMAND --config config.json`);
  return { command: [file, ...rest], config: found.config, catalog: found.catalog.at(-1), state: found.state.at(-1) };
}

async function merged(files: readonly string[]): Promise<Config> {
  if (files.includes('ENV'))
    throw new UsageError('--config ENV is tried by the checks themselves (statement 6): give the settings in a file');
  const configs = await Promise.all(files.map(async (file) => jsonObjectFile(file, '--config')));
  return Object.assign({}, ...configs) as Config;
}

function numbers(text: string): Set<number> {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const range = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    const [first, last] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (range === null || first < 1 || last > statements.length || first > last)
      throw new UsageError(`--only takes numbers from 1 to ${statements.length}, such as 63,66 or 110-128, not "${part}"`);
    for (let number = first; number <= last; number++) found.add(number);
  }
  return found;
}

function marksIn(text: string | undefined): Set<Mark> {
  if (text === undefined) return new Set(MARKS);
  return new Set(text.split(',').map((part) => among(part.trim(), MARKS, '--mark')));
}

function seconds(text: string | undefined): number {
  const value = text === undefined ? DEFAULT_SECONDS : Number(text);
  if (!(value > 0)) throw new UsageError(`--timeout takes seconds, not "${text}"`);
  return value;
}

function waySetting(text: string): [Way, Config] {
  const [name, json] = split(text);
  const way = among(name, wayNames, '--set');
  if (json === undefined) throw new UsageError(`--set takes NAME=JSON, such as --set upsert='{"load_method": "upsert"}'`);
  return [way, jsonObject(json, `--set ${way}`)];
}

async function wishedSource(text: string): Promise<[SourceWish, Config]> {
  const [name, file] = split(text);
  const wish = among(name, wishNames, '--source');
  if (file === undefined) throw new UsageError('--source takes NAME=FILE, such as --source failing=broken.json');
  return [wish, await jsonObjectFile(file, `--source ${wish}`)];
}

/** Before and after the first `=`. */
function split(text: string): [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function among<const T extends string>(text: string, allowed: readonly T[], flag: string): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new UsageError(`${flag} takes ${allowed.join(', ')}, not "${text}"`);
  return found;
}
