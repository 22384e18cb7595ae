import { defineMapper, type MapperConfig, type Run, type Stage } from '../singer/index.ts';
import { loadRules } from './config/index.ts';
import { type TransformConfig, transformSettings } from './config/settings.ts';
import { type BatchOptions, Transformer } from './engine/transformer.ts';

export default defineMapper({
  name: 'transform-records',
  summary: 'Cleans and anonymizes records on their way from a tap to a target, and keeps the SCHEMA true.',
  settings: transformSettings,
  capabilities: ['stream-maps'],
  open: async (config, run) => new Transformer(await loadRules(config, run), { ...batchOptions(config), rewrite: true }),
});

/** The stage of a tap or target whose own settings have rules. It makes RECORD messages of a BATCH: no second files are needed then. */
export async function openStage(config: TransformConfig, run: Run): Promise<Stage> {
  return new Transformer(await loadRules(config, run), { ...batchOptions(config), rewrite: false });
}

function batchOptions(config: object): Omit<BatchOptions, 'rewrite'> {
  const { delete_batch_files = false, max_line_bytes = Number.POSITIVE_INFINITY } = config as Partial<MapperConfig>;
  return { deleteFiles: delete_batch_files, maxLineBytes: max_line_bytes };
}
