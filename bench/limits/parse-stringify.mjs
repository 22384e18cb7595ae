// What a program without a fast lane does: JSON.parse of each line, JSON.stringify of its record (of the whole where it is a bare
// record). stdin to the file named.
import { createWriteStream } from 'node:fs';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { changeLines } from './lines.mjs';

const out = createWriteStream(process.argv[2]);
const last = await changeLines(out, (line) => {
  const message = JSON.parse(line);
  return message.type === 'RECORD' || message.type === undefined ? `${JSON.stringify(message.record ?? message)}\n` : '';
});
out.end(last);
await finished(out);
