import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Problem } from '../../singer/index.ts';

/** libpq's modes; `allow` counts as `prefer`, which protects no less. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface Tls {
  readonly mode: TlsMode;
  /** What `tls.connect` gets; undefined for `disable`. */
  readonly options: ConnectionOptions | undefined;
}

export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The TLS options of a mode. Certificates are PEM text or paths; what cannot be read is added to `problems` under its setting. */
export function tlsFor(mode: TlsMode, files: TlsFiles, problems: Problem[]): Tls {
  if (mode === 'disable') return { mode, options: undefined };
  const ca = pem('ssl_certificate_authority', files.ca, problems);
  const cert = pem('ssl_client_certificate', files.cert, problems);
  const key = pem('ssl_client_private_key', files.key, problems);
  return {
    mode,
    options: {
      rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
      // verify-ca trusts the authority whatever name the certificate bears.
      ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

/** The mode that a name means; undefined if it is none. */
export function tlsMode(name: string): TlsMode | undefined {
  if (name === 'allow') return 'prefer';
  // The name that other Node.js programs use for it.
  if (name === 'no-verify') return 'require';
  return (['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const).find((mode) => mode === name);
}

function pem(setting: string, value: string | undefined, problems: Problem[]): string | undefined {
  if (value === undefined) return undefined;
  if (value.includes('-----BEGIN')) return value.replaceAll(String.raw`\n`, '\n');
  try {
    return readFileSync(value, 'utf8');
  } catch (error) {
    problems.push({
      path: setting,
      message: `is neither PEM text nor a readable file (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`,
    });
    return undefined;
  }
}
