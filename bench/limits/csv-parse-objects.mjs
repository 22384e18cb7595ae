// What a tap without a fast lane does: csv-parse makes an object of each row, JSON.stringify a line. Arguments: file, stream.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { parse } from 'csv-parse';

const [file, stream] = process.argv.slice(2);
let chunk = '';
for await (const record of createReadStream(file, { highWaterMark: 262_144 }).pipe(parse({ columns: true }))) {
  chunk += `${JSON.stringify({ type: 'RECORD', stream, record })}\n`;
  if (chunk.length < 65_536) continue;
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  chunk = '';
}
process.stdout.write(chunk);
