import { defineTap } from '../../singer/tap/index.ts';
import { settings } from './settings.ts';

/** CSV files to Singer. Settings and columns of MeltanoLabs' tap-csv work unchanged. */
export default defineTap({
  name: 'tap-csv',
  summary:
    'Reads files of CSV or JSON lines: plain, gzip, zstd, bzip2 or ZIP; single files, folders and patterns, one stream or many; goes on where it stopped, also inside a file.',
  settings,
  modes: {
    check: {
      summary: 'Reads all files once and reports dialect, columns, malformed rows, nulls, types and keys; sends nothing.',
      run: async (config, run, ask) => (await import('./check/check.ts')).check(config, run, ask),
    },
  },
  async open(config, run) {
    // Loaded now, so that --about stays quick.
    const [{ entriesOf }, { openStreams }] = await Promise.all([import('./entries.ts'), import('./stream.ts')]);
    const entries = await entriesOf(config, run.log);
    const streams = await openStreams(entries, config.add_metadata_columns, run);
    return {
      streams,
      async close() {
        for (const stream of streams) await stream.close();
      },
    };
  },
});
