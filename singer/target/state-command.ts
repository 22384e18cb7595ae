import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ConfigError, InputError } from '../errors.ts';
import type { Command, Run } from '../plugin.ts';
import type { Config, Settings } from '../settings.ts';

/** The state that a destination keeps for one pipeline. */
export interface StateStore {
  /** One line of JSON; undefined if there is none. */
  get(): Promise<string | undefined>;
  set(state: string): Promise<void>;
  clear(): Promise<void>;
  close?(): Promise<void>;
}

type Action = (store: StateStore, state: string) => Promise<string>;

const ACTIONS: Readonly<Record<string, Action>> = {
  get: async (store) => (await store.get()) ?? '{}',
  set: async (store, state) => {
    await store.set(state);
    return '';
  },
  clear: async (store) => {
    await store.clear();
    return '';
  },
};

/** `state get`, `state set FILE|-`, `state clear`: the state that a destination keeps for this pipeline's `state_id`. */
export function stateCommand<S extends Settings>(open: (config: Config<S>, run: Run) => Promise<StateStore>): Command<S> {
  return {
    summary:
      'state get prints the stored state as one line ({} if there is none); state set FILE (- for stdin) stores one; state clear removes it',
    async run(config, run, [name = '', file]) {
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
      if (action === undefined) throw new ConfigError([{ path: 'state', message: `needs one of get, set FILE, clear` }]);
      const state = name === 'set' ? await stateFrom(file) : '';
      const store = await open(config, run);
      try {
        return await action(store, state);
      } finally {
        await store.close?.();
      }
    },
  };
}

/** The state in a file, on one line with its numbers as they came. */
async function stateFrom(file: string | undefined): Promise<string> {
  if (file === undefined) throw new ConfigError([{ path: 'state set', message: 'needs a file, or - for stdin' }]);
  const content = (file === '-' ? await text(process.stdin) : await readStateFile(file)).trim();
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return content.replaceAll(/[\r\n]+/g, ' ');
  } catch {
    // Told below, without the parser's words, which quote the content.
  }
  throw new InputError('The state is not a JSON object', {
    code: 'state-not-json',
    facts: { file },
    hint: 'Give the value of a STATE message, as printed by a target.',
  });
}

async function readStateFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`The state file cannot be read: ${file}`, {
      code: 'state-unreadable',
      facts: { file, reason: (error as NodeJS.ErrnoException).code },
    });
  }
}
