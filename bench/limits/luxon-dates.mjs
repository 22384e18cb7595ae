// The dates of `times` by luxon alone, with format parsers built once: JSON.parse of each line, its format found by trying, the instant
// as ISO, JSON.stringify of the whole. stdin to the file named.
import { createWriteStream } from 'node:fs';
import process from 'node:process';
import { finished } from 'node:stream/promises';
import { DateTime } from 'luxon';
import { changeLines } from './lines.mjs';

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
const last = await changeLines(out, (line) => {
  const message = JSON.parse(line);
  if (message.type === 'RECORD') message.record.at = instantOf(message.record.at);
  return `${JSON.stringify(message)}\n`;
});
out.end(last);
await finished(out);
