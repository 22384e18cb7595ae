// @ts-check
// Passes standard input on until so many RECORD lines have gone by, says so by a file, and then lets nothing more pass: whoever reads it
// is in the middle of its work, and can be killed there.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { HELD, HOLD_AFTER } from './executables.mjs';

const most = Number(process.env[HOLD_AFTER]);
let records = 0;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (records >= most) return;
  if (line.includes('"RECORD"')) records++;
  process.stdout.write(`${line}\n`);
  if (records < most) return;
  process.stdin.pause();
  writeFileSync(process.env[HELD] ?? '', '');
  setInterval(() => {}, 60_000);
});
