import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '../../singer/index.ts';
import type { Parameters } from './url.ts';

/**
 * The parameters of a service, from libpq's service file (The Connection Service File in the manual): PGSERVICEFILE, else
 * ~/.pg_service.conf, and pg_service.conf in PGSYSCONFDIR for services that are not there. What is wrong is added to `problems`.
 */
export function serviceParameters(name: string, env: NodeJS.ProcessEnv, problems: Problem[]): Parameters {
  const own = env['PGSERVICEFILE'] || join(env['HOME'] || homedir(), '.pg_service.conf');
  const system = env['PGSYSCONFDIR'] ? [join(env['PGSYSCONFDIR'], 'pg_service.conf')] : [];
  const files = [own, ...system];
  for (const file of files) {
    const found = sectionOf(textOf(file), name);
    if (found !== undefined) return found;
  }
  problems.push({ path: 'service', message: `names ${JSON.stringify(name)}, which is not in ${files.join(' or ')}` });
  return {};
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The same as a file without the service: the problem names it.
    return '';
  }
}

/** The `key=value` lines below `[name]`; the first one of a key counts. */
function sectionOf(text: string, name: string): Parameters | undefined {
  let section: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (section !== undefined) break;
      if (line === `[${name}]`) section = {};
    } else if (section !== undefined) {
      const at = line.indexOf('=');
      if (at > 0) section[line.slice(0, at).trim()] ??= line.slice(at + 1).trim();
    }
  }
  return section;
}
