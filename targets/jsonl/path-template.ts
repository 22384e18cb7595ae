import { isDevice } from './file-name.ts';

/** What stands in braces in a template, and what it means (for the docs and for messages). */
export const PARTS = {
  stream: 'the stream',
  schema: 'the part of the stream name before the last dash, `default` if there is none',
  table: 'the part after it',
  custom_name: 'the setting custom_name',
  run_id: 'the id of the run',
  date: 'the start of the run in UTC, `{date:yyyy-MM-dd}` or with other of yyyy, MM, dd, HH, mm, ss',
  timestamp: 'the start of the run in local time, `20260131T235900`',
  partition: 'the folders of partition_by',
  seq: 'a number that goes on from run to run, `000001`',
  ext: '`jsonl`, with `.gz`, `.br` or `.zst` behind it when compressed',
} as const;

export type PartName = keyof typeof PARTS;

export interface Hole {
  readonly part: PartName;
  /** What stood behind a colon. */
  readonly format: string | undefined;
}

export type Segment = readonly (string | Hole)[];

/** A path relative to the destination folder: its folders and, last, its file name. */
export interface PathTemplate {
  readonly segments: readonly Segment[];
  readonly parts: ReadonlySet<PartName>;
}

const DATE_FORMAT = /^(?:yyyy|MM|dd|HH|mm|ss|[-_.T])+$/;

/** Reads a template; `{date:yyyy/MM}` stands for two folders. Each thing wrong with it goes to `problem`. */
export function parseTemplate(text: string, problem: (message: string) => void): PathTemplate {
  const dated = text.replaceAll(/\{date:[^{}]*\}/g, (date) => date.replaceAll('/', '}/{date:'));
  const segments = dated.split('/').map((segment) => parseSegment(segment, problem));
  const parts = new Set(segments.flat().flatMap((piece) => (typeof piece === 'string' ? [] : [piece.part])));
  if (/^(?:[/\\~]|[A-Za-z]:)/.test(text)) problem('must be relative to destination_path');
  const folders = segments.slice(0, -1);
  if (segments.some((segment) => segment.length === 0)) problem('has an empty name between its slashes');
  for (const segment of segments) checkNames(segment, problem);
  if (folders.flat().some(isPart('seq'))) problem('{seq} belongs into the file name');
  if (folders.flat().some(isPart('ext'))) problem('{ext} belongs into the file name');
  if (
    segments.some((segment) => segment.length > 1 && segment.some(isPart('partition'))) ||
    segments.at(-1)!.some(isPart('partition'))
  )
    problem('{partition} stands for whole folders: put it between slashes, before the file name');
  for (const part of ['seq', 'partition'] as const)
    if (segments.flat().filter(isPart(part)).length > 1) problem(`{${part}} stands there twice`);
  return { segments, parts };
}

export function isPart(name: PartName): (piece: string | Hole) => boolean {
  return (piece) => typeof piece !== 'string' && piece.part === name;
}

function parseSegment(text: string, problem: (message: string) => void): Segment {
  const pieces: (string | Hole)[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{([^{}:]*)(?::([^{}]*))?\}/g)) {
    if (match.index > at) pieces.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, part, format] = match;
    if (!isPartName(part!)) {
      pieces.push('x');
      problem(
        `does not know ${whole}: use ${Object.keys(PARTS)
          .map((name) => `{${name}}`)
          .join(', ')}`,
      );
    } else if (format !== undefined && (part !== 'date' || !DATE_FORMAT.test(format))) {
      problem(`cannot read ${whole}: only dates have a format, made of yyyy, MM, dd, HH, mm, ss and - _ . T`);
    } else pieces.push({ part, format });
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

function checkNames(segment: Segment, problem: (message: string) => void): void {
  const fixed = segment.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('');
  const literal = segment.filter((piece) => typeof piece === 'string').join('');
  // oxlint-disable-next-line no-control-regex -- control characters are looked for
  if (/[\\:*?"<>|{}\u0000-\u001f\u007f]|\p{Surrogate}/u.test(literal)) problem('has a character that no file name should have');
  else if (/^\.\.?$/.test(fixed)) problem('must not lead out of destination_path');
  else if (fixed.startsWith('.')) problem('has a name that begins with a dot: such files are hidden from most readers');
  else if (/[. ]$/.test(fixed)) problem('has a name that ends with a dot or a space, which some file systems drop');
  else if (isDevice(fixed)) problem('has a name that Windows keeps for a device');
  if (Buffer.byteLength(literal) > 100) problem('has a name that is too long');
}

function isPartName(name: string): name is PartName {
  return Object.hasOwn(PARTS, name);
}

/** A time by a format of `{date:…}`, in UTC. */
export function formatDate(at: Date, format: string): string {
  const iso = at.toISOString();
  const fields: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
  };
  return format.replaceAll(/yyyy|MM|dd|HH|mm|ss/g, (field) => fields[field]!);
}

/** The local time as andyh1203 writes it: `20260131T235900`. */
export function localTimestamp(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}
