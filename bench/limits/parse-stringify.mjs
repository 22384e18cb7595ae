// What a program without a fast lane does: JSON.parse of each line, JSON.stringify of its record (of the whole where it is a bare
// record). stdin to the file named.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import process from 'node:process';
import { finished } from 'node:stream/promises';

const out = createWriteStream(process.argv[2]);
let rest = '';
let chunk = '';
process.stdin.setEncoding('utf8');
for await (const text of process.stdin) {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.type === 'RECORD' || message.type === undefined) chunk += `${JSON.stringify(message.record ?? message)}\n`;
  }
  if (chunk.length < 65_536) continue;
  if (!out.write(chunk)) await once(out, 'drain');
  chunk = '';
}
out.end(chunk);
await finished(out);
