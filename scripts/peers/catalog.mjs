// @ts-check
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Catalogs of a tap's whole database are long. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Asks a tap for its catalog and writes it with some of the streams selected, to be read whole.
 * @param {string} tap @param {string} config path of its config @param {(stream: string) => boolean} isWanted @param {string} file to write
 */
export async function selectWhole(tap, config, isWanted, file) {
  const { stdout } = await run(tap, ['--config', config, '--discover'], { maxBuffer: MOST_BYTES });
  const { streams } = JSON.parse(stdout);
  for (const stream of streams) {
    const root = stream.metadata.find((/** @type {{ breadcrumb: unknown[] }} */ { breadcrumb }) => breadcrumb.length === 0);
    Object.assign(root.metadata, { selected: isWanted(stream.stream), 'replication-method': 'FULL_TABLE' });
  }
  await writeFile(file, JSON.stringify({ streams }));
}
