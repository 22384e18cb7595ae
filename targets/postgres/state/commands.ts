import { Transactor } from '../../../clients/postgres/transactor.ts';
import type { Session } from '../../../clients/postgres/connect.ts';
import { ConfigError, type Run, type StateStore } from '../../../singer/index.ts';
import { currentSchema } from '../tables/catalog.ts';
import { defaultSchema } from '../tables/naming.ts';
import { transactorOptions } from '../open.ts';
import type { TargetConfig } from '../settings.ts';
import { clearState, ensureStateTable, lockState, readState, stateTable, writeState } from './state.ts';

/** The state kept in the database for this pipeline's `state_id`: for `target-postgres state …`. */
export async function openState(config: TargetConfig, run: Run): Promise<StateStore> {
  const tx = new Transactor(transactorOptions(config, run, () => undefined));
  try {
    const table = stateTable(config.state_table, defaultSchema(config, process.env) ?? (await tx.read(currentSchema)));
    if (table === undefined) throw new ConfigError([{ path: 'state_table', message: 'is empty: no state is kept' }]);
    const id = config.state_id;
    /** No run with this state is under way meanwhile. */
    const locked = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
      tx.run(async (session) => {
        await lockState(session, table, id);
        return work(session);
      }, 'commit');
    return {
      get: () => locked((session) => readState(session, table, id)),
      set: (state) =>
        locked(async (session) => {
          await ensureStateTable(session, table);
          await writeState(session, table, id, state);
        }),
      clear: () => locked((session) => clearState(session, table, id)),
      close: () => tx.close(),
    };
  } catch (error) {
    await tx.close();
    throw error;
  }
}
