import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Skipped } from '../check.ts';
import { excerpt } from '../process.ts';
import type { Config, Destination, Subject } from '../subject.ts';
import type { Ask } from './options.ts';
import { storedRows } from './rows.ts';
import { UsageError } from './usage.ts';

/**
 * How a stranger's destination is made, read and dropped: by `{run}` in its settings and the caller's shell commands. With
 * neither, all checks load the one that the settings name, which is then not read.
 * @throws UsageError if it is to be read
 */
export function destinations(ask: Ask): Pick<Subject, 'makeDestination' | 'oneDestination'> {
  const text = JSON.stringify(ask.config);
  if (!text.includes('{run}') && ask.before === undefined) {
    if (ask.read === undefined) return { oneDestination: true };
    throw new UsageError('--read needs a destination for each check: write {run} into a text of the config, or give --before');
  }
  return {
    async makeDestination(settings: Config): Promise<Destination> {
      const run = `check_${randomBytes(6).toString('hex')}`;
      if (ask.before !== undefined) await shell('--before', ask.before, { run });
      const { read, after } = ask;
      return {
        config: { ...(JSON.parse(text.replaceAll('{run}', run)) as Config), ...settings },
        ...(read === undefined
          ? {}
          : { readBack: async (stream: string) => storedRows(await shell('--read', read, { run, stream })) }),
        ...(after === undefined ? {} : { drop: async () => void (await shell('--after', after, { run })) }),
      };
    },
  };
}

/** Runs one of the caller's commands and gives its stdout; `{run}` and `{stream}` are also in the environment. */
async function shell(flag: string, command: string, names: Readonly<Record<string, string>>): Promise<string> {
  const script = Object.entries(names).reduce((sum, [name, value]) => sum.replaceAll(`{${name}}`, value), command);
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.entries(names).map(([name, value]) => [name.toUpperCase(), value])),
  };
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const notes: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => notes.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Skipped(`${flag} exits ${code}: ${excerpt(Buffer.concat(notes).toString(), 200)}`));
    });
  });
}
