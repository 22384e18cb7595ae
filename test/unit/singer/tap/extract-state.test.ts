import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../singer/errors.ts';
import type { ReadRequest, Stream } from '../../../../singer/tap/source.ts';
import type { JsonObject } from '../../../../singer/json.ts';
import { memoryStream, sync } from '../../../support/memory-tap.ts';
import { outline, rows, a, b, often, catalog } from './two-streams.ts';

describe('extract with a state', () => {
  it('names the streams of the source to whoever asks for another one, or the nearest of many', async () => {
    const asked = { catalog: catalog({ id: 'public-order' }) };
    const few = await sync([a, b], asked);
    expect(String(few.error)).toContain('no stream of this name (it has "a", "b")');
    const many = Array.from({ length: 30 }, (_, n) => memoryStream({ id: `t${n}` }));
    const far = await sync(many, asked);
    expect(String(far.error)).toContain('no stream of this name (it has 30)');
    const near = await sync([...many, memoryStream({ id: 'public-orders' })], asked);
    expect(String(near.error)).toContain('(it has 31; did you mean "public-orders"?)');
  });

  it('finds the bookmark of a stream under a name that another tap gave it, if it has none of its own', async () => {
    const seen: (JsonObject | undefined)[] = [];
    const stream = memoryStream({ id: 'a', formerIds: ['db-a', 'old-a'] }, async function* (request: ReadRequest) {
      seen.push(request.bookmark);
      yield { rows: [], bookmark: { n: 2 } };
    });
    const { messages } = await sync([stream], { state: { bookmarks: { 'old-a': { n: 0 }, 'db-a': { n: 1 } } } });
    await sync([stream], { state: { bookmarks: { 'db-a': { n: 1 }, a: { n: 5 } } } });
    expect(seen).toEqual([{ n: 1 }, { n: 5 }]);
    expect(messages.at(-1)?.value).toMatchObject({ bookmarks: { a: { n: 2 } } });
  });

  it('takes the catalog of another tap, which calls the stream by a former name, unless it has both', async () => {
    const stream = memoryStream({ id: 'a', formerIds: ['db-a'] }, [{ rows: rows(1) }]);
    const { messages } = await sync([stream], { catalog: catalog({ id: 'db-a', root: { selected: true } }) });
    expect(messages.filter(({ type }) => type === 'RECORD').map(({ stream }) => stream)).toEqual(['a']);
    const both = catalog({ id: 'db-a', root: { selected: true } }, { id: 'a', root: { selected: true } });
    expect(String((await sync([stream], { catalog: both })).error)).toContain('no stream of this name');
  });

  const given = { bookmarks: { a: { n: 1 }, other: { deep: [1] } }, currently_syncing: 'b', extra: 1 };

  it('hands each stream its bookmark, begins with the one that was being read, and carries the rest along', async () => {
    const seen: [string, JsonObject | undefined][] = [];
    const track = (id: string) =>
      memoryStream({ id }, async function* (request: ReadRequest) {
        seen.push([id, request.bookmark]);
        yield { rows: rows(1), bookmark: { n: 5 } };
      });
    const { messages } = await sync([track('a'), track('b')], { state: given });
    expect(seen).toEqual([
      ['b', undefined],
      ['a', { n: 1 }],
    ]);
    const states = messages.filter((message) => message.type === 'STATE').map((message) => message.value);
    for (const state of states) expect(state).toMatchObject({ bookmarks: { other: { deep: [1] } }, extra: 1 });
    expect(states.at(-1)).toEqual({ bookmarks: { a: { n: 5 }, b: { n: 5 }, other: { deep: [1] } }, extra: 1 });
  });

  it('gives the same final state when nothing was new', async () => {
    const still = memoryStream({ id: 'a' });
    const { messages } = await sync([still], { state: { bookmarks: { a: { n: 1 } } } });
    expect(outline(messages)).toEqual(['STATE a {"a":{"n":1}}', 'SCHEMA a', 'STATE - {"a":{"n":1}}']);
  });

  it('restarts only the stream whose bookmark has another replication key or a wrong shape', async () => {
    const seen: (JsonObject | undefined)[] = [];
    const track = (id: string) =>
      memoryStream({ id, replicationKey: 'id' }, async function* (request: ReadRequest) {
        seen.push(request.bookmark);
        yield { rows: [] };
      });
    const state = {
      bookmarks: { a: { replication_key: 'name', replication_key_value: 1 }, b: { replication_key: 'id' }, c: 'x' },
    };
    const { log } = await sync(['a', 'b', 'c'].map(track), { state });
    expect(seen).toEqual([undefined, { replication_key: 'id' }, undefined]);
    expect(log.lines.filter((line) => line.level === 'warn').map((line) => line.fields['stream'])).toEqual(['a', 'c']);
  });
});

describe('extract of a whole table', () => {
  const table = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, [{ rows: rows(1, 2), bookmark: { n: 2 } }]);
  const config = { emit_activate_version_messages: true, ...often };

  it('gives the stream no bookmark of another kind, and keeps none when it is done', async () => {
    const seen: unknown[] = [];
    const stream = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, async function* (request: ReadRequest) {
      seen.push(request.bookmark);
      yield { rows: rows(1), bookmark: { n: 2 } };
    });
    const { messages } = await sync([stream], { state: { bookmarks: { a: { n: 1 } } }, config: often });
    expect(seen).toEqual([undefined]);
    expect(outline(messages).at(-1)).toBe('STATE - {"a":{"n":1}}');
  });

  it('sends ACTIVATE_VERSION at the end, and before the rows at the first time ever', async () => {
    const first = await sync([table], { config });
    expect(first.messages.map((message) => message.type)).toEqual([
      'STATE',
      'SCHEMA',
      'ACTIVATE_VERSION',
      'RECORD',
      'RECORD',
      'STATE',
      'ACTIVATE_VERSION',
      'STATE',
    ]);
    const versions = new Set(first.messages.flatMap((message) => message.version ?? []));
    expect(versions.size).toBe(1);
    const state = first.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { activated_version: [...versions][0] } } });

    const second = await sync([table], { config, state });
    expect(second.messages.map((message) => message.type)).toEqual([
      'STATE',
      'SCHEMA',
      'RECORD',
      'RECORD',
      'STATE',
      'ACTIVATE_VERSION',
      'STATE',
    ]);
    expect(second.messages.at(-2)!.version).toBeGreaterThan([...versions][0]!);
  });

  it('keeps the version of a reading that was cut short, and activates nothing for it', async () => {
    const failing = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, async function* () {
      yield { rows: rows(1) };
      throw new SystemError('gone', { code: 'gone' });
    });
    const state = { bookmarks: { a: { activated_version: 5 } } };
    const cut = await sync([failing], { config, state });
    expect(cut.error).toMatchObject({ code: 'gone' });
    expect(cut.messages.map((message) => message.type)).toEqual(['STATE', 'SCHEMA', 'RECORD']);
    const again = await sync([table], { config, state: cut.messages[0]!.value });
    expect(again.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: cut.messages[2]!.version });
  });

  /** Reads rows 1 to 4, two at a time, from its bookmark on; fails behind the first two when it is told to. */
  const inPieces = (o: { fails?: boolean; refuses?: string; seen?: unknown[]; asked?: unknown[] }): Stream =>
    memoryStream(
      {
        id: 'a',
        methods: ['FULL_TABLE'],
        cannotResume: async ({ bookmark, versioned }) => {
          o.asked?.push([bookmark, versioned]);
          return o.refuses;
        },
      },
      async function* ({ bookmark }) {
        o.seen?.push(bookmark);
        if (bookmark === undefined) yield { rows: rows(1, 2), bookmark: { next: 3 } };
        if (o.fails === true) throw new SystemError('gone', { code: 'gone' });
        yield { rows: rows(3, 4), bookmark: { next: 5 } };
      },
    );

  it('goes on where it was cut short, under the same version, and activates it when all was read', async () => {
    const seen: unknown[] = [];
    const asked: unknown[] = [];
    const cut = await sync([inPieces({ fails: true, asked })], { config });
    const { version } = cut.messages.find(({ type }) => type === 'RECORD')!;
    const state = cut.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { version, resume: { next: 3 } } }, currently_syncing: 'a' });
    const again = await sync([inPieces({ fails: true, seen })], { config, state });
    expect(again.messages.findLast(({ type }) => type === 'STATE')!.value).toEqual(state);
    const rest = await sync([inPieces({ seen, asked })], { config, state });
    expect(asked).toEqual([[{ next: 3 }, true]]);
    expect(seen).toEqual([{ next: 3 }, { next: 3 }]);
    expect(rest.messages.filter(({ type }) => type === 'RECORD').map(({ record }) => record!['id'])).toEqual([3, 4]);
    expect(rest.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version });
    expect(rest.messages.at(-1)!.value).toEqual({ bookmarks: { a: { activated_version: version } } });
  });

  it('begins anew under another version where the stream cannot go on, and says so', async () => {
    const seen: unknown[] = [];
    const state = { bookmarks: { a: { version: 9e15, activated_version: 5, resume: { next: 3 } } } };
    const { messages, log } = await sync([inPieces({ refuses: 'it is another one', seen })], { config, state });
    expect(seen).toEqual([undefined]);
    expect(messages[0]!.value).toEqual({
      bookmarks: { a: { activated_version: 5, version: 9e15 + 1 } },
      currently_syncing: 'a',
    });
    expect(messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: 9e15 + 1 });
    expect(log.lines.map(({ message, fields }) => [message, fields])).toContainEqual([
      'The reading that was interrupted cannot go on where it was: the table is read anew',
      { stream: 'a', reason: 'it is another one' },
    ]);
  });

  it('begins anew under another version where the stream could go on, and was cut short before it came to a place for it', async () => {
    const seen: unknown[] = [];
    const state = { bookmarks: { a: { version: 9e15, activated_version: 5 } } };
    const { messages } = await sync([inPieces({ seen })], { config, state });
    expect(seen).toEqual([undefined]);
    expect(messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version: 9e15 + 1 });
  });

  it('goes on without versions as well, and begins anew when they were switched on or off meanwhile', async () => {
    const cut = await sync([inPieces({ fails: true })], { config: often });
    const state = cut.messages.at(-1)!.value;
    expect(state).toEqual({ bookmarks: { a: { resume: { next: 3 } } }, currently_syncing: 'a' });
    const seen: unknown[] = [];
    const rest = await sync([inPieces({ seen })], { config: often, state });
    expect(rest.messages.at(-1)!.value).toEqual({ bookmarks: { a: {} } });
    await sync([inPieces({ seen })], { config, state });
    const versioned = await sync([inPieces({ fails: true })], { config });
    await sync([inPieces({ seen })], { config: often, state: versioned.messages.at(-1)!.value });
    expect(seen).toEqual([{ next: 3 }, undefined, undefined]);
  });

  it('forgets the place where something of the source was missing', async () => {
    const { messages } = await sync([{ ...inPieces({}), seesAll: () => false }], { config });
    const { version } = messages.find(({ type }) => type === 'RECORD')!;
    expect(messages.at(-1)!.value).toEqual({ bookmarks: { a: { version } } });
  });

  it('activates nothing where something of the source was missing, before the reading or in it, and says so', async () => {
    for (const answers of [
      [false, false],
      [true, false],
    ]) {
      const stream = { ...table, seesAll: () => answers.shift() ?? false };
      const early = answers[0];
      const { messages, log } = await sync([stream], { config });
      expect(messages.filter((message) => message.type === 'ACTIVATE_VERSION')).toHaveLength(early ? 1 : 0);
      const version = messages.find((message) => message.type === 'RECORD')!.version;
      expect(messages.at(-1)!.value).toEqual({ bookmarks: { a: { version } } });
      expect(log.lines.find((line) => line.level === 'warn')?.message).toContain('no ACTIVATE_VERSION is sent');
      const again = await sync([table], { config, state: messages.at(-1)!.value });
      expect(again.messages.at(-2)).toEqual({ type: 'ACTIVATE_VERSION', stream: 'a', version });
    }
  });

  it('grows even where the clock went back', async () => {
    const state = { bookmarks: { a: { activated_version: 9e15 } } };
    const { messages } = await sync([table], { config, state });
    expect(messages.at(-2)!.version).toBe(9e15 + 1);
  });
});
