import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Problem } from '../../singer/index.ts';

/** libpq's modes. */
export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

const MODES: readonly TlsMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

export interface Tls {
  readonly mode: TlsMode;
  /** What `tls.connect` gets; undefined for `disable`. */
  readonly options: ConnectionOptions | undefined;
}

export interface TlsFiles {
  /** `system` for those that Node.js trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** An authority that is not there is as good as none. */
  readonly ifThere?: boolean;
}

/**
 * The TLS options of a mode. Certificates are PEM text or paths; unset, they are looked for where libpq looks (~/.postgresql). What
 * cannot be read is added to `problems` under its setting.
 *
 * As in libpq, an authority that is there is checked in every mode: with `prefer` a certificate that it did not sign leads to a connection
 * without TLS, with `require` to none. Only `verify-full` checks the name.
 */
export function tlsFor(mode: TlsMode, files: TlsFiles, env: NodeJS.ProcessEnv, problems: Problem[]): Tls {
  if (mode === 'disable') return { mode, options: undefined };
  const usual = usualFiles(env);
  const system = files.ca === 'system';
  if (system && mode !== 'verify-full') {
    problems.push({
      path: 'ssl_certificate_authority',
      message: 'can be system with verify-full only: anybody can have such a certificate',
    });
  }
  const read = (setting: string, value: string | undefined): string | undefined => pem(setting, value, env, problems);
  const given = files.ifThere === true && !isThere(files.ca, env) ? undefined : files.ca;
  const ca = system ? undefined : read('ssl_certificate_authority', given ?? usual('root.crt'));
  const cert = read('ssl_client_certificate', files.cert ?? usual('postgresql.crt'));
  const key = read('ssl_client_private_key', files.key ?? (cert === undefined ? undefined : usual('postgresql.key')));
  return {
    mode,
    options: {
      rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full' || ca !== undefined,
      // The authority is trusted whatever name the certificate bears.
      ...(mode === 'verify-full' || (mode !== 'verify-ca' && ca === undefined) ? {} : { checkServerIdentity: () => undefined }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(files.passphrase === undefined ? {} : { passphrase: files.passphrase }),
    },
  };
}

/** The mode that a name means; undefined if it is none. */
export function tlsMode(name: string): TlsMode | undefined {
  // The name that other Node.js programs use for it.
  if (name === 'no-verify') return 'require';
  return MODES.find((mode) => mode === name);
}

/** Gives the path of a file of libpq's folder, if it is there. */
function usualFiles(env: NodeJS.ProcessEnv): (name: string) => string | undefined {
  const folder = join(homeOf(env), '.postgresql');
  return (name) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env['HOME'] || homedir();
}

function pathOf(value: string, env: NodeJS.ProcessEnv): string {
  return value.startsWith('~/') ? join(homeOf(env), value.slice(2)) : value;
}

function isPem(value: string): boolean {
  return value.includes('-----BEGIN');
}

function isThere(value: string | undefined, env: NodeJS.ProcessEnv): boolean {
  return value !== undefined && (isPem(value) || existsSync(pathOf(value, env)));
}

function pem(setting: string, value: string | undefined, env: NodeJS.ProcessEnv, problems: Problem[]): string | undefined {
  if (value === undefined) return undefined;
  if (isPem(value)) return value.replaceAll(String.raw`\n`, '\n');
  try {
    return readFileSync(pathOf(value, env), 'utf8');
  } catch (error) {
    problems.push({
      path: setting,
      message: `is neither PEM text nor a readable file (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`,
    });
    return undefined;
  }
}
