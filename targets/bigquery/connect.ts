import type { Api } from '../../clients/bigquery/api.ts';
import { openApi } from '../../clients/bigquery/connect.ts';
import { ConfigError, type Problem, type Run } from '../../singer/index.ts';
import { stageProblems } from './methods/gcs-stage.ts';
import type { TargetConfig } from './settings.ts';

/** The API, once nothing is wrong with the settings that can be seen without asking. Throws ConfigError with all problems at once. */
export async function connect(config: TargetConfig, run: Run): Promise<Api> {
  const problems = [...datasetProblems(config), ...labelProblems(config), ...stateProblems(config), ...wayProblems(config)];
  try {
    const api = await openApi(config, run);
    if (problems.length === 0) return api;
  } catch (error) {
    if (!(error instanceof ConfigError) || problems.length === 0) throw error;
    problems.unshift(...error.problems);
  }
  throw new ConfigError(problems);
}

function wayProblems(config: TargetConfig): readonly Problem[] {
  return config.method === 'gcs_stage' ? stageProblems(config) : [];
}

function datasetProblems(config: TargetConfig): readonly Problem[] {
  const message = 'may hold letters, digits and underscores only';
  const names = (['dataset', 'temporary_dataset'] as const).filter((path) => !/^\w{1,1024}$/.test(config[path] ?? 'unset'));
  return names.map((path) => ({ path, message }));
}

function labelProblems({ labels = {} }: TargetConfig): readonly Problem[] {
  const message = 'must be lower-case letters, digits, _ and -, at most 63, and begin with a letter';
  return Object.entries(labels).flatMap(([name, value]) =>
    /^[a-z][a-z0-9_-]{0,62}$/.test(name) && /^[a-z0-9_-]{0,63}$/.test(value) ? [] : [{ path: `labels.${name}`, message }],
  );
}

function stateProblems({ state_table: table }: TargetConfig): readonly Problem[] {
  return /^$|^(?:\w{1,1024}\.)?[\w-]{1,1024}$/.test(table)
    ? []
    : [{ path: 'state_table', message: 'must be a table, or dataset.table' }];
}
