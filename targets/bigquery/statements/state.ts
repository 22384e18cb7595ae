import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { qualified } from './quote.ts';

/** The one row of a pipeline gets another state: one statement, so that no reader sees none. Parameters: `state_id`, `state`. */
export function putState(table: TableReference): string {
  return [
    `MERGE INTO ${qualified(table)} AS T`,
    'USING (SELECT @state_id AS `state_id`, @state AS `state`) AS S',
    'ON T.`state_id` = S.`state_id`',
    'WHEN MATCHED THEN UPDATE SET `state` = S.`state`, `updated_at` = CURRENT_TIMESTAMP()',
    'WHEN NOT MATCHED THEN INSERT (`state_id`, `state`, `updated_at`) VALUES (S.`state_id`, S.`state`, CURRENT_TIMESTAMP())',
  ].join('\n');
}

/** Parameter: `state_id`. */
export function removeState(table: TableReference): string {
  return `DELETE FROM ${qualified(table)} WHERE \`state_id\` = @state_id`;
}
