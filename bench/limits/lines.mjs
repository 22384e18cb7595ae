import { once } from 'node:events';
import process from 'node:process';

/** Writes what `change` makes of each line of stdin, in pieces of 64 KiB; the last piece is given back. */
export async function changeLines(out, change) {
  let rest = '';
  let chunk = '';
  process.stdin.setEncoding('utf8');
  for await (const text of process.stdin) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) chunk += change(line);
    if (chunk.length < 65_536) continue;
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  return chunk;
}
