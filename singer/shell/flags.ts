// yargs' own parser: the whole of yargs costs 60 ms to load and its `helpers` 50 ms, the parser 8 ms.
import Parser from 'yargs-parser';
import { ConfigError, type Problem } from '../errors.ts';
import type { Plugin } from '../plugin.ts';
import { nearest } from './nearest.ts';

/** One flag, declared once; parsing and `--help` come from it. */
export interface Flag {
  readonly short?: string;
  /** What its value is called in the help; without it the flag is a switch. */
  readonly value?: string;
  /** The value may be left out. */
  readonly optional?: true;
  readonly repeatable?: true;
  readonly options?: readonly string[];
  readonly description: string;
}

export type Flags = Readonly<Record<string, Flag>>;

const COMMON = {
  config: {
    short: 'c',
    value: 'FILE|ENV',
    repeatable: true,
    description:
      'Settings as JSON; may be repeated, the later one wins per setting. ENV reads environment variables, which win over files.',
  },
  about: { description: 'Print name, version, capabilities and settings.' },
  format: {
    value: 'FORMAT',
    options: ['text', 'json', 'markdown'],
    description: 'How --about and the like print; text on a terminal, json elsewhere.',
  },
  version: { description: 'Print name and version.' },
  help: { short: 'h', description: 'Print this help.' },
} as const satisfies Flags;

/** The flags of each kind of executable. */
const FLAGS = {
  tap: {
    discover: { short: 'd', description: 'Print the catalog of all streams; --catalog and --state are not looked at.' },
    catalog: { value: 'FILE', description: 'Catalog with the selection.' },
    properties: { short: 'p', value: 'FILE', description: 'The same as --catalog, for old callers.' },
    state: { short: 's', value: 'FILE', description: 'State of an earlier run to go on from.' },
    test: {
      value: 'KIND',
      optional: true,
      options: ['all', 'schema', 'disabled'],
      description: 'Read at most one record of each selected stream (all), or send schemas only (schema).',
    },
    ...COMMON,
  },
  target: {
    input: { value: 'FILE', description: 'Read messages from a file instead of stdin.' },
    ...COMMON,
  },
  mapper: {
    input: { value: 'FILE', description: 'Read messages from a file instead of stdin.' },
    catalog: { value: 'FILE', description: 'Catalog whose streams --check looks at.' },
    ...COMMON,
  },
} as const satisfies Record<string, Flags>;

/** What a command line asks for. */
export interface Arguments {
  readonly config: readonly string[];
  readonly about: boolean;
  readonly format: 'text' | 'json' | 'markdown' | undefined;
  readonly version: boolean;
  readonly help: boolean;
  readonly discover: boolean;
  readonly catalog: string | undefined;
  readonly state: string | undefined;
  readonly test: 'all' | 'schema' | undefined;
  readonly input: string | undefined;
  /** A mode of the plugin: the flag that was given. */
  readonly mode: string | undefined;
  /** A sub-command and what follows it. */
  readonly command: { readonly name: string; readonly args: readonly string[] } | undefined;
}

/** What a plugin adds to the command line. */
export interface Offered {
  readonly kind: Plugin['kind'];
  /** Sub-commands by name; a name may have several words. */
  readonly commands?: Readonly<Record<string, unknown>>;
  /** Modes by name; each is a switch. */
  readonly modes?: Readonly<Record<string, { readonly summary: string }>>;
}

/** All flags of a plugin. */
export function flagsOf({ kind, modes = {} }: Offered): Flags {
  const switches = Object.entries(modes).map(([name, { summary }]) => [name, { description: summary }]);
  return { ...FLAGS[kind], ...Object.fromEntries(switches) };
}

/**
 * Reads a command line.
 * @throws ConfigError with every problem: unknown flags with the nearest name, missing values, unknown commands, two modes at once
 */
export function parseArguments(offered: Offered, argv: readonly string[]): Arguments {
  const flags = flagsOf(offered);
  const parsed = parse(flags, argv);
  const problems: Problem[] = [];
  const values = new Map<string, string[]>();
  for (const [key, given] of Object.entries(parsed)) {
    if (key === '_') continue;
    const flag = Object.hasOwn(flags, key) ? flags[key]! : undefined;
    if (flag === undefined) problems.push(problem(unknownFlag(flags, key)));
    else values.set(key, checkedValues(key, flag, [given].flat(), problems));
  }
  const command = findCommand(Object.keys(offered.commands ?? {}), parsed._.map(String), problems);
  const modes = Object.keys(offered.modes ?? {}).filter((name) => values.get(name)?.at(-1) === 'true');
  if (modes.length > 1) problems.push(problem(`Only one of ${modes.map((name) => `--${name}`).join(', ')} may be given`));
  if (problems.length > 0) throw new ConfigError(problems, { hint: 'Try --help.' });
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const isOn = (name: string): boolean => last(name) === 'true';
  const test = last('test');
  return {
    config: values.get('config') ?? [],
    about: isOn('about'),
    format: last('format') as Arguments['format'],
    version: isOn('version'),
    help: isOn('help'),
    discover: isOn('discover'),
    catalog: last('catalog') ?? last('properties'),
    state: last('state'),
    test: test === '' ? 'all' : test === 'disabled' ? undefined : (test as Arguments['test']),
    input: last('input'),
    mode: modes[0],
    command,
  };
}

function parse(flags: Flags, argv: readonly string[]): Parser.Arguments {
  const names = Object.keys(flags);
  return Parser([...argv], {
    string: ['_', ...names.filter((name) => flags[name]!.value !== undefined)],
    boolean: names.filter((name) => flags[name]!.value === undefined),
    alias: Object.fromEntries(names.flatMap((name) => (flags[name]!.short === undefined ? [] : [[name, flags[name]!.short]]))),
    configuration: {
      'strip-aliased': true,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
    },
  });
}

function checkedValues(name: string, flag: Flag, given: readonly unknown[], problems: Problem[]): string[] {
  const values = given.map(String);
  for (const value of values) {
    if (flag.value === undefined || (flag.optional && value === '')) continue;
    if (value === '') problems.push(problem(`--${name} needs a value: ${flag.value}`));
    else if (flag.options !== undefined && !flag.options.includes(value)) {
      const near = nearest(value, flag.options);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      problems.push(problem(`--${name} must be one of ${flag.options.join(', ')}, but is ${JSON.stringify(value)}${hint}`));
    }
  }
  return values;
}

function unknownFlag(flags: Flags, key: string): string {
  const dashes = key.length === 1 ? '-' : '--';
  const near = nearest(key, Object.keys(flags));
  return `Unknown flag ${dashes}${key}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

/** The longest command whose words begin the rest of the line. */
function findCommand(commands: readonly string[], words: readonly string[], problems: Problem[]): Arguments['command'] {
  if (words.length === 0) return undefined;
  const fits = commands.filter((name) => name.split(' ').every((word, index) => words[index] === word));
  const name = fits.toSorted((a, b) => b.length - a.length)[0];
  if (name !== undefined) return { name, args: words.slice(name.split(' ').length) };
  const near = nearest(words[0]!, commands);
  problems.push(problem(`Unknown command ${JSON.stringify(words[0])}${near === undefined ? '' : `; did you mean ${near}?`}`));
  return undefined;
}

function problem(message: string): Problem {
  return { path: '', message };
}
