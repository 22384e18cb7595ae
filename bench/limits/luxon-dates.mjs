// The dates of `times` by luxon alone, with format parsers built once: JSON.parse of each line, its format found by trying, the instant
// as ISO, JSON.stringify of the whole. stdin to the file named.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { DateTime } from 'luxon';

const zone = process.argv[3];
const parsers = [
  ['yyyy-MM-dd HH:mm:ss.SSS', 'en'],
  ['MM/dd/yyyy hh:mm a', 'en'],
  ['d MMMM yyyy HH:mm', 'ru'],
].map(([format, locale]) => ({ parser: DateTime.buildFormatParser(format, { locale }), options: { locale, zone } }));

function instantOf(text) {
  for (const { parser, options } of parsers) {
    const time = DateTime.fromFormatParser(text, parser, options);
    if (time.isValid) return time.toUTC().toISO({ suppressMilliseconds: true });
  }
  throw new Error('No format fits');
}

const out = createWriteStream(process.argv[2]);
let rest = '';
let chunk = '';
process.stdin.setEncoding('utf8');
for await (const text of process.stdin) {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.type === 'RECORD') message.record.at = instantOf(message.record.at);
    chunk += `${JSON.stringify(message)}\n`;
  }
  if (chunk.length < 65_536) continue;
  if (!out.write(chunk)) await once(out, 'drain');
  chunk = '';
}
out.end(chunk);
await finished(out);
