import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ENDING } from './compression.ts';
import { unlessMissing } from './disk.ts';
import { distinctName, folded, isDevice, MAX_BYTES, safeName } from './file-name.ts';
import {
  formatDate,
  type Hole,
  isPart,
  localTimestamp,
  type PartName,
  type PathTemplate,
  type Segment,
} from './path-template.ts';

/** Digits of a number in a file name; more are possible. */
const SEQ_DIGITS = 6;

/** What names are made of, apart from the stream. */
export interface Naming {
  /** The destination folder. */
  readonly root: string;
  readonly runId: string;
  readonly startedAt: Date;
  readonly customName: string | undefined;
}

/** Where a stream's files stand, relative to the destination folder; only partition and number are open. */
export class StreamPath {
  /** The same for streams that share their files. */
  readonly key: string;
  /** The folders above all of the stream's files, as far as they are the same for all; empty for the destination folder. */
  readonly fixedFolder: string;
  readonly hasSeq: boolean;
  readonly #folders: readonly (string | undefined)[];
  readonly #name: Segment;
  readonly #ending: string;

  /** `segments` hold no other parts than partition, seq and ext. */
  constructor(segments: readonly Segment[], ending: string) {
    const folders = segments.slice(0, -1).map((segment) => (segment.some(isPart('partition')) ? undefined : textOf(segment)));
    const open = folders.indexOf(undefined);
    this.#folders = folders;
    this.#name = segments.at(-1)!;
    this.#ending = ending;
    this.fixedFolder = folders.slice(0, open < 0 ? folders.length : open).join('/');
    this.hasSeq = this.#name.some(isPart('seq'));
    this.key = segments.map(textOf).join('/');
  }

  folder(partition: string): string {
    return this.#folders.flatMap((folder) => folder ?? (partition === '' ? [] : [partition])).join('/');
  }

  fileName(seq: number): string {
    const values: Partial<Record<PartName, string>> = { seq: String(seq).padStart(SEQ_DIGITS, '0'), ext: this.#ending };
    return this.#name.map((piece) => (typeof piece === 'string' ? piece : values[piece.part]!)).join('');
  }

  /** The number in a name of one of these files, also of one still hidden; undefined for other names. */
  seqOf(name: string): number | undefined {
    const digits = new RegExp(`^\\.?${pattern(this.#name)}(?:\\.part)?$`, 'u').exec(name)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }

  /** True for the path of one of these files, in whatever partition and compression. */
  owns(path: string): boolean {
    const levels = this.#folders.map((folder) => (folder === undefined ? `(?:[^/]+=[^/]*/)*` : `${escape(folder)}/`));
    return new RegExp(`^${levels.join('')}${pattern(this.#name)}$`, 'u').test(path);
  }
}

function textOf(segment: Segment): string {
  return segment.map((piece) => (typeof piece === 'string' ? piece : `{${piece.part}}`)).join('');
}

function pattern(segment: Segment): string {
  const holes: Partial<Record<PartName, string>> = { seq: `(\\d{${SEQ_DIGITS},})`, ext: ENDING };
  return segment.map((piece) => (typeof piece === 'string' ? escape(piece) : holes[piece.part]!)).join('');
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** Gives streams their paths, so that two streams share files only where the template names neither. */
export class StreamPaths {
  readonly #naming: Naming;
  /** Names in use for a part in one place, and the stream of each path. */
  readonly #names = new Map<string, Set<string>>();
  readonly #owners = new Map<string, string>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** Throws an Error that names both streams if their files would be the same. */
  async of(stream: string, template: PathTemplate, ending: string): Promise<StreamPath | { readonly sharedWith: string }> {
    const segments: Segment[] = [];
    for (const segment of template.segments) segments.push(await this.#fill(segment, segments, stream, ending));
    const path = new StreamPath(segments, ending);
    const owner = this.#owners.get(folded(path.key)) ?? stream;
    if (owner !== stream && (template.parts.has('stream') || template.parts.has('table'))) return { sharedWith: owner };
    this.#owners.set(folded(path.key), owner);
    return path;
  }

  async #fill(segment: Segment, above: readonly Segment[], stream: string, ending: string): Promise<Segment> {
    const budget = Math.floor(
      MAX_BYTES / Math.max(1, segment.filter((piece) => typeof piece !== 'string' && piece.part in NAMES).length),
    );
    const filled: (string | Hole)[] = [];
    for (const [i, piece] of segment.entries()) {
      if (typeof piece === 'string' || KEPT.has(piece.part)) filled.push(piece);
      else if (piece.part === 'stream' || piece.part === 'table') {
        const others = await this.#others(segment, i, above, ending);
        const name = distinctName(NAMES[piece.part](stream), others, budget);
        others.add(name);
        filled.push(name);
      } else if (piece.part === 'schema') filled.push(safeName(NAMES.schema(stream), budget));
      else filled.push(this.#runText(piece));
    }
    return mended(filled);
  }

  #runText({ part, format }: Hole): string {
    const { runId, startedAt, customName } = this.#naming;
    if (part === 'run_id') return safeName(runId);
    if (part === 'date') return formatDate(startedAt, format ?? 'yyyy-MM-dd');
    if (part === 'timestamp') return localTimestamp(startedAt);
    return safeName(customName ?? 'data');
  }

  /** Names that stand in this place of the template already: in the folder, or for other streams of this run. */
  async #others(segment: Segment, at: number, above: readonly Segment[], ending: string): Promise<Set<string>> {
    const place = `${above.map(textOf).join('/')}/${textOf(segment)} ${at}`;
    const known = this.#names.get(place);
    if (known !== undefined) return known;
    const names = new Set<string>();
    this.#names.set(place, names);
    if (above.flat().some(isPart('partition'))) return names;
    const texts = segment.map((piece, i) => {
      if (typeof piece === 'string') return escape(piece);
      if (piece.part === 'ext') return escape(ending);
      return i === at ? '(.+)' : (TEXT_PATTERNS[piece.part] ?? escape(this.#runText(piece)));
    });
    const wanted = new RegExp(`^${texts.join('')}$`, 'u');
    const there = (await readdir(join(this.#naming.root, ...above.map(textOf))).catch(unlessMissing)) ?? [];
    for (const name of there) {
      const found = wanted.exec(name)?.[1];
      if (found !== undefined) names.add(found);
    }
    return names;
  }
}

const KEPT: ReadonlySet<PartName> = new Set(['partition', 'seq', 'ext']);
const TEXT_PATTERNS: Partial<Record<PartName, string>> = { stream: '.+', schema: '.+', table: '.+', seq: String.raw`\d+` };

const NAMES = {
  stream: (stream: string): string => stream,
  /** `schema-table` and `database-schema-table`, as the Meltano SDK has it. */
  schema: (stream: string): string => stream.split('-').slice(0, -1).join('-') || 'default',
  table: (stream: string): string => stream.split('-').at(-1)! || stream,
};

/** Joins the pieces that are text; a name that has become a device's is spelled otherwise. */
function mended(pieces: readonly (string | Hole)[]): Segment {
  if (pieces.some((piece) => typeof piece !== 'string')) return pieces;
  const text = textOf(pieces);
  return [isDevice(text) ? `%${text.charCodeAt(0).toString(16).toUpperCase()}${text.slice(1)}` : text];
}
