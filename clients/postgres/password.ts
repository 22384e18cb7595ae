import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SystemError } from '../../singer/errors.ts';

/** Where a password may come from; the first that is set counts. */
export interface PasswordSources {
  readonly password?: string | undefined;
  readonly file?: string | undefined;
  readonly env?: string | undefined;
  readonly command?: readonly string[] | undefined;
  /** What a service file says; counts before the environment. */
  readonly service?: string | undefined;
  /** The password file, in place of PGPASSFILE. */
  readonly passfile?: string | undefined;
}

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

const COMMAND_TIMEOUT_MS = 30_000;

/** The password for a login; asked only when the server wants one. Throws SystemError `password-missing` or `password-source`. */
export async function passwordFor(login: Login, sources: PasswordSources, env: NodeJS.ProcessEnv): Promise<string> {
  if (sources.password !== undefined) return sources.password;
  if (sources.file !== undefined) return withoutNewline(await read('password_file', () => readFile(sources.file!, 'utf8')));
  if (sources.env !== undefined) {
    const value = env[sources.env];
    if (value !== undefined) return value;
    throw sourceError('password_env', new Error(`${sources.env} is not set`));
  }
  if (sources.command !== undefined) {
    const [program = '', ...args] = sources.command;
    const { stdout } = await read('password_command', () =>
      promisify(execFile)(program, args, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true }),
    );
    return withoutNewline(stdout);
  }
  const found = sources.service ?? (env['PGPASSWORD'] || (await fromPassFile(login, sources.passfile, env)));
  if (found !== undefined) return found;
  throw new SystemError('The server asks for a password and none is configured', {
    code: 'password-missing',
    facts: { host: login.host, user: login.user },
    hint: 'Set password, password_file, password_env or password_command, or PGPASSWORD or a password file in the environment.',
  });
}

async function read<T>(setting: string, source: () => Promise<T>): Promise<T> {
  try {
    return await source();
  } catch (error) {
    throw sourceError(setting, error);
  }
}

function sourceError(setting: string, error: unknown): SystemError {
  // A command's message would carry its arguments and what it printed.
  const reason = (error as NodeJS.ErrnoException).code ?? (setting === 'password_env' ? (error as Error).message : 'failed');
  return new SystemError(`The password could not be had from ${setting}: ${reason}`, {
    code: 'password-source',
    facts: { setting },
    hint: `Mend ${setting} and run again.`,
  });
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** The password file of libpq: `host:port:database:user:password`, `*` for any. Skipped, as libpq does, if others may read it. */
async function fromPassFile(login: Login, file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = file ?? (env['PGPASSFILE'] || join(homedir(), '.pgpass'));
  let text: string;
  try {
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) return undefined;
    text = await readFile(path, 'utf8');
  } catch {
    // No such file, or not ours to read: the same as no entry.
    return undefined;
  }
  return matchPassFile(text, login);
}

/** Four fields in which `:` and `\\` are escaped, then the password to the end of the line. */
const ENTRY = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/;

/** The password of the first line that matches. A host that is a socket folder is written `localhost` there. */
export function matchPassFile(text: string, login: Login): string | undefined {
  const host = login.host.startsWith('/') ? 'localhost' : login.host;
  const wanted = [host, String(login.port), login.database, login.user];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = ENTRY.exec(line)
      ?.slice(1)
      .map((field) => field.replaceAll(/\\(.)/g, '$1'));
    if (fields !== undefined && wanted.every((value, i) => fields[i] === '*' || fields[i] === value)) return fields[4];
  }
  return undefined;
}
