import { InputError } from '../../singer/tap/index.ts';
import type { Discovered, Discovery } from './format.ts';
import type { Group, Part } from './groups.ts';

export type FormatName = 'csv' | 'jsonl';

/** Loaded when the first stream of the format is opened: a start is quick then. */
const DISCOVER: Readonly<Record<FormatName, (discovery: Discovery) => Promise<Discovered>>> = {
  csv: async (discovery) => (await import('./delimited.ts')).discoverDelimited(discovery),
  jsonl: async (discovery) => (await import('./jsonl/discover.ts')).discoverLines(discovery),
};

const JSONL_NAME = /\.(jsonl|ndjson)(\.(gz|zst|bz2|zip))?$/i;

/** The format of a file: as its entry says, otherwise by its name. */
export function formatOf({ file, entry }: Pick<Part, 'file' | 'entry'>): FormatName {
  if (entry.format !== 'auto') return entry.format;
  return JSONL_NAME.test(file.key) ? 'jsonl' : 'csv';
}

/** Looks into a stream's files by their format. Throws InputError if they have several. */
export async function discover(discovery: Discovery): Promise<Discovered> {
  const { name, parts, entries } = discovery.group;
  const formats = new Map(parts.map((part) => [formatOf(part), part.file.key]));
  if (formats.size > 1) {
    const files = [...formats.values()];
    throw new InputError(`Stream ${name}: its files have several formats: ${files.join(', ')}`, {
      code: 'mixed-formats',
      facts: { stream: name, files },
      hint: 'Give each format an entity of its own, or set format.',
    });
  }
  const [format = emptyFormat(entries)] = formats.keys();
  const discovered = await DISCOVER[format](discovery);
  // Where there is no file nothing is known better than an older catalog knows it.
  return parts.length > 0 ? discovered : { ...discovered, given: (announced) => announced };
}

function emptyFormat(entries: Group['entries']): FormatName {
  return entries[0]?.format === 'jsonl' ? 'jsonl' : 'csv';
}
