import { defineTap } from '../../singer/index.ts';
import { entriesOf } from './entries.ts';
import { settings } from './settings.ts';
import type { CsvStream } from './stream.ts';
import { openStream } from './stream.ts';

/** CSV files to Singer. Settings and columns of MeltanoLabs' tap-csv work unchanged. */
export default defineTap({
  name: 'tap-csv',
  summary: 'Reads CSV files: plain or gzip, single files, folders and patterns; goes on where it stopped, also inside a file.',
  settings,
  async open(config, run) {
    const entries = await entriesOf(config, run.log);
    const streams: CsvStream[] = [];
    const close = async (): Promise<void> => {
      for (const stream of streams) await stream.close();
    };
    try {
      for (const name of new Set(entries.map((entry) => entry.entity))) {
        const group = entries.filter((entry) => entry.entity === name);
        streams.push(await openStream(name, group, config.add_metadata_columns, run));
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { streams, close };
  },
});
