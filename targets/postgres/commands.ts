import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Transactor } from '../../clients/postgres/transactor.ts';
import { ConfigError, InputError, type Command, type Run } from '../../singer/index.ts';
import { currentSchema } from './catalog.ts';
import { defaultSchema } from './naming.ts';
import { transactorOptions } from './open.ts';
import type { settings, TargetConfig } from './settings.ts';
import { clearState, ensureStateTable, lockState, readState, stateTable, writeState, type StateTable } from './state.ts';

type Action = (tx: Transactor, table: StateTable, id: string, args: readonly string[]) => Promise<string>;

const ACTIONS: Readonly<Record<string, Action>> = {
  get: async (tx, table, id) =>
    tx.run(async (session) => {
      await lockState(session, table, id);
      return (await readState(session, table, id)) ?? '{}';
    }, 'commit'),
  set: async (tx, table, id, [file]) => {
    const state = await stateFrom(file);
    await tx.run(async (session) => {
      await lockState(session, table, id);
      await ensureStateTable(session, table);
      await writeState(session, table, id, state);
    }, 'commit');
    return '';
  },
  clear: async (tx, table, id) => {
    await tx.run(async (session) => {
      await lockState(session, table, id);
      await clearState(session, table, id);
    }, 'commit');
    return '';
  },
};

/** `state get`, `state set FILE|-`, `state clear`: the state kept in the database for this pipeline's `state_id`. */
export const stateCommand: Command<typeof settings> = {
  summary:
    'state get prints the stored state as one line ({} if there is none); state set FILE (- for stdin) stores one; state clear removes it',
  async run(config: TargetConfig, run: Run, args: readonly string[]): Promise<string> {
    const [name = '', ...rest] = args;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) throw new ConfigError([{ path: 'state', message: `needs one of get, set FILE, clear` }]);
    const tx = new Transactor(transactorOptions(config, run, () => undefined));
    try {
      const table = stateTable(config.state_table, defaultSchema(config, process.env) ?? (await tx.read(currentSchema)));
      if (table === undefined) throw new ConfigError([{ path: 'state_table', message: 'is empty: no state is kept' }]);
      return await action(tx, table, config.state_id, rest);
    } finally {
      await tx.close();
    }
  },
};

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
