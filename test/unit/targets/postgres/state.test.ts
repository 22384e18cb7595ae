import { expect, it } from 'vitest';
import { stateTable } from '../../../../targets/postgres/state/state.ts';

it('finds the state table in the default schema, in a schema of its own, or nowhere', () => {
  expect(stateTable('_singer_state', 'public')).toEqual({ schema: 'public', table: '_singer_state' });
  expect(stateTable('ops.states', 'public')).toEqual({ schema: 'ops', table: 'states' });
  expect(stateTable('', 'public')).toBeUndefined();
});
