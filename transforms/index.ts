import { defineMapper } from '../singer/index.ts';
import { loadRules } from './config/index.ts';
import { transformSettings } from './config/settings.ts';
import { Transformer } from './engine/transformer.ts';

export default defineMapper({
  name: 'transform-records',
  summary: 'Cleans and anonymizes records on their way from a tap to a target, and keeps the SCHEMA true.',
  settings: transformSettings,
  capabilities: ['stream-maps'],
  open: async (config, run) => new Transformer(await loadRules(config, run)),
});
