// What a program without a fast lane does: JSON.parse of each line, changes to the record, JSON.stringify of the message. stdin to stdout.
// With the argument `pseudonyms` the records of customers get two pseudonyms (HMAC-SHA256 by node:crypto, key in PII_KEY) and a text cut
// short; without it nothing is changed.
import { createHmac } from 'node:crypto';
import process from 'node:process';
import { changeLines } from './lines.mjs';

const key = Buffer.from(process.env.PII_KEY ?? '', 'hex');
const changes = process.argv[2] === 'pseudonyms';
const prefix = (name) => `${Buffer.byteLength(`customers.${name}`)}:customers.${name}`;
const prefixes = { email: prefix('email'), phone: prefix('phone') };

function token(record, name) {
  const value = record[name];
  if (value === null) return;
  record[name] = createHmac('sha256', key).update(prefixes[name]).update(value).digest('hex').slice(0, 32);
}

const last = await changeLines(process.stdout, (line) => {
  const message = JSON.parse(line);
  if (changes && message.type === 'RECORD') {
    token(message.record, 'email');
    token(message.record, 'phone');
    message.record.street = message.record.street.slice(0, 8);
  }
  return `${JSON.stringify(message)}\n`;
});
process.stdout.write(last);
