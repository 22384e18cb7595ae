import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { executable, type Finished, run } from '../../support/processes.ts';

export const ROWS = 3000;
const ROWS_PER_STATE = 25;
/** At most this many are committed at once, and may come twice after a crash. */
export const BATCH = 100;
/** All rows, once each, in order. */
export const ALL: readonly number[] = Array.from({ length: ROWS }, (_, index) => index + 1);

/** The input of a run that resumes after row `from`; `more` goes into every record. */
export function input(from: number, more = ''): string {
  const lines = [
    '{"type":"SCHEMA","stream":"rows","schema":{"properties":{"n":{"type":"integer"},"text":{"type":"string"}}},"key_properties":[]}',
  ];
  for (let n = from + 1; n <= ROWS; n++) {
    lines.push(`{"type":"RECORD","stream":"rows","record":{"n":${n},"text":"${'x'.repeat(n % 200)}"${more}}}`);
    if (n % ROWS_PER_STATE === 0) lines.push(`{"type":"STATE","value":{"n":${n}}}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Writes the config for a folder beside it; gives its path. */
export async function configFor(folder: string, more: object = {}): Promise<string> {
  const path = `${folder}.json`;
  await writeFile(path, JSON.stringify({ destination_path: folder, batch_size_rows: BATCH, ...more }));
  return path;
}

/** Runs the target, or one of its commands, to its end. */
export async function runTarget(configFile: string, text: string, ...command: readonly string[]): Promise<Finished> {
  return run(process.execPath, [executable('target-jsonl'), ...command, '--config', configFile], { input: text });
}

/** Runs the target and kills it once it has printed `states` states, a moment later. Gives the last state that came out whole. */
export function runAndKill(configFile: string, from: number, states: number, text = input(from)): Promise<number> {
  const child = spawn(process.execPath, [executable('target-jsonl'), '--config', configFile], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let printed = '';
  child.stdin.on('error', () => undefined); // It is killed while we write.
  child.stdin.end(text);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length > states) setTimeout(() => child.kill('SIGKILL'), Math.random() * 4);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const last = printed.split('\n').at(-2);
      resolve(last === undefined ? from : JSON.parse(last).n);
    });
  });
}

/** Runs the target and kills it once `when` resolves. */
export async function killWhen(configFile: string, text: string, when: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [executable('target-jsonl'), '--config', configFile], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.on('error', () => undefined); // It is killed while we write.
  child.stdin.end(text);
  await Promise.race([when(), ended]);
  child.kill('SIGKILL');
  await ended;
}
