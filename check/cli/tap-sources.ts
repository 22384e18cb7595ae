import { stdoutLines } from '../expect.ts';
import type { Lab, RunOptions } from '../lab.ts';
import { isMessage, isObject, parse, type Message, type Schema } from '../messages.ts';
import type { Config, SourceWish, Subject } from '../subject.ts';
import type { Catalog } from '../tap/catalog.ts';

/** What one discovery and one sync show of a tap that nothing else is known of. */
export interface Look {
  readonly catalog: Catalog;
  readonly messages: readonly Message[];
  /** Bytes on stdout of the sync. */
  readonly bytes: number;
  /** The catalog that it had to be given, everything selected; undefined if it reads without one. */
  readonly selected: Catalog | undefined;
}

/** Looks at a tap. What goes wrong is left to the checks. */
export async function look(lab: Lab, milliseconds: number): Promise<Look> {
  const found = parse((await stdoutOf(lab, { args: ['--discover'], milliseconds })).toString());
  const catalog: Catalog = {
    streams: isObject(found) && Array.isArray(found['streams']) ? (found['streams'] as Catalog['streams']) : [],
  };
  const plain = seen(await stdoutOf(lab, { milliseconds }));
  if (plain.messages.some(isRecord) || catalog.streams.length === 0) return { catalog, ...plain, selected: undefined };
  const selected = allSelected(catalog);
  const file = await lab.file('selected.json', JSON.stringify(selected));
  const chosen = seen(await stdoutOf(lab, { args: ['--catalog', file], milliseconds }));
  return chosen.messages.some(isRecord) ? { catalog, ...chosen, selected } : { catalog, ...plain, selected: undefined };
}

/** What a run writes to stdout; nothing if it does not end: that is for the checks to tell. */
export async function stdoutOf(lab: Lab, options: RunOptions): Promise<Buffer> {
  return lab.run(options).then(
    ({ stdout }) => stdout,
    () => Buffer.alloc(0),
  );
}

/** How many bytes a source gives; those that came if it takes too long. */
export async function bytesOf(lab: Lab, config: Config, milliseconds: number): Promise<number> {
  const running = await lab.start({ config, keep: false });
  await running.ended(milliseconds).catch(() => running.kill('SIGKILL'));
  return running.bytes;
}

/** The sources a tap with one config can stand for, by what was seen of it; the caller's own go first. `ownBytes`: what the caller's source of the kind `bytes` gives. */
export function sources(
  config: Config,
  own: Partial<Record<SourceWish, Config>>,
  seen: Look,
  ownBytes: number,
): NonNullable<Subject['makeSource']> {
  return async (wish, amount) => {
    const given = own[wish];
    if (given !== undefined && (wish !== 'bytes' || ownBytes >= amount)) return { config: given };
    return FITS[wish](seen, amount) ? { config } : undefined;
  };
}

/** Whether what was seen is a source of the wished kind. */
const FITS: Readonly<Record<SourceWish, (seen: Look, amount: number) => boolean>> = {
  small: () => true,
  streams: ({ catalog, messages }) =>
    catalog.streams.length >= 2 &&
    catalog.streams.every(({ stream }) => messages.some((message) => isRecord(message) && message.stream === stream)),
  keyed: ({ catalog, messages }) =>
    catalog.streams.some(
      ({ stream, key_properties: keys }) =>
        (keys ?? []).length > 0 && messages.some((message) => isRecord(message) && message.stream === stream),
    ),
  bytes: ({ bytes }, amount) => bytes >= amount,
  columns: ({ catalog }, amount) => Object.keys(catalog.streams[0]?.schema.properties ?? {}).length >= amount,
  empty: ({ messages }) => messages.length > 0 && !messages.some(isRecord),
  'odd-names': ({ catalog }) => Object.keys(catalog.streams[0]?.schema.properties ?? {}).some((name) => !/^\w+$/.test(name)),
  'odd-text': ({ messages }) => messages.some(({ record }) => /[^\x20-\x7e]|\\[un]/.test(JSON.stringify(record ?? null))),
  nested: ({ catalog }) => catalog.streams.some(({ schema }) => Object.values(schema.properties ?? {}).some(hasMembers)),
  // These need a source that somebody has made for it.
  growing: () => false,
  failing: () => false,
  files: () => false,
};

/** The kinds of source that a config file can stand for. */
export const wishNames = (Object.keys(FITS) as SourceWish[]).filter((wish) => wish !== 'growing');

const isRecord = (message: Message): boolean => message.type === 'RECORD';

const hasMembers = (schema: Schema): boolean => Object.keys(schema.properties ?? {}).length >= 2;

function seen(stdout: Buffer): Pick<Look, 'messages' | 'bytes'> {
  const messages = stdoutLines({ stdout })
    .map((line) => parse(line))
    .filter(isMessage);
  return { messages, bytes: stdout.length };
}

/** Everything selected, in each of the spellings that taps know. */
function allSelected(catalog: Catalog): Catalog {
  return {
    streams: catalog.streams.map((entry) => {
      const root = entry.metadata?.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata ?? {};
      const others = (entry.metadata ?? []).filter(({ breadcrumb }) => breadcrumb.length > 0);
      const metadata = [{ breadcrumb: [], metadata: { ...root, selected: true } }, ...others];
      return { ...entry, selected: true, schema: { ...entry.schema, selected: true }, metadata };
    }),
  };
}
