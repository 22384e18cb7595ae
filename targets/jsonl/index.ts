import { defineTarget } from '../../singer/index.ts';
import { stateCommand, verifyCommand } from './commands.ts';
import { settings } from './settings.ts';

export default defineTarget({
  name: 'target-jsonl',
  summary: 'Writes streams to files of JSON lines, one record per line, the bytes of each record kept as they came.',
  settings,
  commands: { state: stateCommand, verify: verifyCommand },
  async open(config, run) {
    const { openDestination } = await import('./destination.ts');
    return openDestination(config, run);
  },
});
