import { defineMapper, type MapperConfig, type Run, type Stage } from '../singer/index.ts';
import { loadRules } from './config/index.ts';
import { type TransformConfig, transformSettings } from './config/settings.ts';
import { type BatchOptions, Transformer } from './engine/transformer.ts';

export default defineMapper({
  name: 'transform-records',
  summary: 'Cleans and anonymizes records on their way from a tap to a target, and keeps the SCHEMA true.',
  settings: transformSettings,
  capabilities: ['stream-maps'],
  modes: {
    check: {
      summary:
        'Say what is wrong with the rules and, with --catalog FILE, what SCHEMAs they would send and what each field shows of a person.',
      run: async (config, run, ask) => (await import('./modes/check.ts')).check(config, run, ask),
    },
    explain: {
      summary: 'Show what each rule makes of the first records on stdin (or of --input FILE).',
      run: async (config, run, ask) => (await import('./modes/explain.ts')).explain(config, run, ask),
    },
  },
  open: async (config, run) => new Transformer(await loadRules(config, run), { ...batchOptions(config), rewrite: true }),
});

/** The stage of a tap or target whose own settings have rules. It makes RECORD messages of a BATCH: no second files are needed then. */
export async function openStage(config: TransformConfig, run: Run, how?: { readonly rehearsal: boolean }): Promise<Stage> {
  return new Transformer(await loadRules(config, run), { ...batchOptions(config), rewrite: false }, how);
}

function batchOptions(config: object): Omit<BatchOptions, 'rewrite'> {
  const { delete_batch_files = false, max_line_bytes = Number.POSITIVE_INFINITY } = config as Partial<MapperConfig>;
  return { deleteFiles: delete_batch_files, maxLineBytes: max_line_bytes };
}
