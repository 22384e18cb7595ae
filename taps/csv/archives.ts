import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { InputError } from '../../singer/tap/index.ts';
import type { FoundFile } from './files.ts';
import { stampOf } from './files.ts';
import { pathMatcher } from './glob.ts';
import { MEMBER_MARK } from './place.ts';
import { systemError } from './refusal.ts';
import { isZip, membersOf } from './zip.ts';

/** Names in archives that nobody means: what macOS adds, and hidden files. */
const HIDDEN = /(^|\/)(__MACOSX\/|\.)/;

/** Stands in every workbook and document of Office, which is a ZIP archive of XML. */
const OFFICE_MEMBER = '[Content_Types].xml';

/**
 * The list with each ZIP archive replaced by the files in it that match one of the patterns (none: all but hidden ones).
 * `passedOver` counts the others. Throws InputError for an archive that cannot be read.
 */
export async function withMembers(
  files: readonly FoundFile[],
  patterns: readonly string[],
): Promise<{ files: FoundFile[]; passedOver: number }> {
  const wanted = pathMatcher(patterns);
  const all: FoundFile[] = [];
  let passedOver = 0;
  for (const file of files) {
    if (file.path === undefined || !file.regular || !beginsAsZip(file.path)) {
      all.push(file);
      continue;
    }
    const members = await list(file.path, file.key);
    if (patterns.length === 0 && members.some(({ member }) => member.name === OFFICE_MEMBER)) throw officeError(file.key);
    const chosen = members.filter(({ member }) => (patterns.length === 0 ? !HIDDEN.test(member.name) : wanted(member.name)));
    passedOver += members.length - chosen.length;
    all.push(...chosen);
  }
  return { files: all, passedOver };
}

function officeError(key: string): InputError {
  return new InputError(`${key} is a file of an office program, not of CSV`, {
    code: 'office-file',
    facts: { file: key },
    hint: 'Save its sheet as CSV, or leave the file out with exclude.',
  });
}

async function list(path: string, key: string): Promise<(FoundFile & Required<Pick<FoundFile, 'member'>>)[]> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw systemError(key, error);
  });
  try {
    const facts = await handle.stat({ bigint: true });
    const archiveSize = Number(facts.size);
    const mtime = stampOf(facts.mtimeNs);
    const members = await membersOf(handle, archiveSize, key);
    return members.map((member) => ({
      key: `${key}${MEMBER_MARK}${member.name}`,
      path,
      regular: true,
      size: member.size,
      mtime,
      member: { ...member, archiveSize },
    }));
  } finally {
    await handle.close();
  }
}

/** Synchronous: a tenth of the cost for thousands of small files. What cannot be opened tells so when it is read. */
function beginsAsZip(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(4);
    return isZip(head.subarray(0, readSync(file, head, 0, 4, 0)));
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}
