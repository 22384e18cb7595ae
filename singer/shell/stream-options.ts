import { checkGiven, type UnknownSetting } from './config.ts';
import { isObject, type Given } from './config-names.ts';
import type { Problem } from '../errors.ts';
import type { Settings } from '../settings.ts';

export const streamOptionSettings = {
  stream_options: {
    type: ['object', 'array'],
    items: { type: 'object', description: 'Patterns and what they set.' },
    description:
      'Settings for some streams only: an object of stream name patterns, each with an object of settings. In a pattern * stands for any text and ? for one character; a leading ! takes the streams that the rest does not match. Where several patterns match, the later one wins. A list of such objects is read in its order.',
    examples: [{ 'orders*': { load_method: 'upsert' }, '!orders*': { load_method: 'append-only' } }],
  },
} as const satisfies Settings;

const SETTING = 'stream_options';

/** What `stream_options` says, checked. */
export interface StreamOptions<C> {
  /** Everything that is wrong with it; `forStream` leaves such entries out. */
  readonly problems: readonly Problem[];
  /** What each pattern sets, in order. */
  readonly options: readonly Given[];
  /** The config for one stream: the plugin's own object if no pattern with settings matches. */
  readonly forStream: (stream: string) => C;
  /** The patterns that matched none of these streams. */
  readonly unmatched: (streams: Iterable<string>) => string[];
}

interface Entry {
  readonly pattern: string;
  matches(stream: string): boolean;
  readonly options: Given;
}

/**
 * Reads `config.stream_options`. `settings` are all of the plugin; only those marked `perStream` may be set, and values are cast
 * as everywhere else. Pure.
 */
export function streamOptions<C extends object>(settings: Settings, config: C): StreamOptions<C> {
  const problems: Problem[] = [];
  const entries = patternsOf((config as Given)[SETTING]).map(({ pattern, path, options }): Entry => {
    const matches = matcher(pattern);
    if (!isObject(options)) {
      problems.push({ path, message: 'must be an object of settings' });
      return { pattern, matches, options: {} };
    }
    const allowed = Object.fromEntries(Object.entries(settings).filter(([, setting]) => setting.perStream));
    const checked = checkGiven(allowed, options, path);
    problems.push(...checked.problems, ...checked.unknown.map((unknown) => misplaced(unknown, path, settings)));
    return { pattern, matches, options: checked.config };
  });
  return {
    problems,
    options: entries.map(({ options }) => options),
    forStream(stream) {
      const found = entries.filter((entry) => entry.matches(stream)).map(({ options }) => options);
      return found.length === 0 ? config : Object.assign({}, config, ...found);
    },
    unmatched(streams) {
      const names = [...streams];
      return entries.filter((entry) => !names.some((name) => entry.matches(name))).map(({ pattern }) => pattern);
    },
  };
}

interface Found {
  readonly pattern: string;
  /** For messages. */
  readonly path: string;
  readonly options: unknown;
}

/** The patterns in order; items of a list that are no objects are left out (the declaration of the setting complains of them). */
function patternsOf(given: unknown): Found[] {
  if (!Array.isArray(given)) return isObject(given) ? patternsIn(given, SETTING) : [];
  return given.flatMap((item, index) => (isObject(item) ? patternsIn(item, `${SETTING}[${index}]`) : []));
}

function patternsIn(given: Given, path: string): Found[] {
  return Object.entries(given).map(([pattern, options]) => ({ pattern, path: `${path}.${pattern}`, options }));
}

function misplaced({ path, nearest }: UnknownSetting, above: string, settings: Settings): Problem {
  const name = path.slice(above.length + 1);
  if (Object.hasOwn(settings, name)) return { path, message: 'is the same for all streams: set it outside stream_options' };
  return { path, message: `is not a setting of streams${nearest === undefined ? '' : `; did you mean ${nearest}?`}` };
}

function matcher(pattern: string): (stream: string) => boolean {
  const excludes = pattern.startsWith('!');
  const source = (excludes ? pattern.slice(1) : pattern)
    .replaceAll(/[\\^$.+()[\]{}|/]/g, String.raw`\$&`)
    // Neighbouring stars mean one; many of them would make the search slow.
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'su');
  return (stream) => expression.test(stream) !== excludes;
}
