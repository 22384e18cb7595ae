import { describe, expect, it } from 'vitest';
import { Interrupted, SystemError } from '../../../../singer/errors.ts';
import type { ReadRequest, Stream } from '../../../../singer/tap/source.ts';
import { keepingOutput, memoryStream, sync } from '../../../support/memory-tap.ts';
import { outline, rows, a, b, often, catalog } from './two-streams.ts';

describe('extract', () => {
  it('tells the source which streams will be read; what it refuses ends the run before anything is written', async () => {
    const chosen: string[] = [];
    const prepare = async (streams: readonly Stream[]): Promise<void> => {
      chosen.push(...streams.map(({ id }) => id));
      if (streams.length > 1) throw new SystemError('no', { code: 'refused' });
    };
    const one = await sync([a, b], { prepare, catalog: catalog({ id: 'b' }) });
    expect([one.error, one.counted.get('b')?.records]).toEqual([undefined, 1]);
    const both = await sync([a, b], { prepare });
    expect([both.error, both.text]).toEqual([expect.objectContaining({ code: 'refused' }), '']);
    expect(chosen).toEqual(['b', 'a', 'b']);
  });

  it('names the stream being read before its SCHEMA, says where it stands, and at the end names none', async () => {
    const result = await sync([a, b], { config: often });
    expect(result.error).toBeUndefined();
    expect(outline(result.messages)).toEqual([
      'STATE a {}',
      'SCHEMA a',
      'a 1',
      'a 2',
      'STATE a {"a":{"n":2}}',
      'a 3',
      'STATE a {"a":{"n":3}}',
      'STATE b {"a":{"n":3}}',
      'SCHEMA b',
      'b 9',
      'STATE b {"a":{"n":3},"b":{"n":9}}',
      'STATE - {"a":{"n":3},"b":{"n":9}}',
    ]);
    expect(result.states).toBe(6);
    expect(result.summaries).toEqual(['a', 'b']);
    expect(result.counted.get('a')!.records).toBe(3);
  });

  it('counts the bytes of records as written', async () => {
    const result = await sync([memoryStream({ id: 'a' }, [{ rows: [{ id: 1, name: 'ü😀' }] }])]);
    const line = result.text.split('\n').find((one) => one.includes('"RECORD"'))!;
    expect(result.counted.get('a')!.bytes).toBe(Buffer.byteLength(line) + 1);
  });

  it('sends a STATE per configured count and not more', async () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ rows: rows(i), bookmark: { n: i } }));
    const result = await sync([memoryStream({ id: 'a' }, many)], { config: { state_interval_records: 4 } });
    const marks = outline(result.messages).filter((line) => line.startsWith('STATE'));
    expect(marks).toEqual(['STATE a {}', 'STATE a {"a":{"n":3}}', 'STATE a {"a":{"n":7}}', 'STATE - {"a":{"n":9}}']);
  });

  it('sends a STATE per configured time', async () => {
    const result = await sync([a], { config: { state_interval_records: 1e9, state_interval_seconds: 0 } });
    expect(outline(result.messages).filter((line) => line.startsWith('STATE a'))).toHaveLength(3);
  });

  it('never sends the same STATE twice in a row', async () => {
    const still = memoryStream({ id: 'a' }, [
      { rows: rows(1), bookmark: { n: 1 } },
      { rows: rows(2), bookmark: { n: 1 } },
    ]);
    const states = (await sync([still], { config: often })).text.split('\n').filter((line) => line.includes('"STATE"'));
    expect(states).toHaveLength(3);
    expect(states.every((state, index) => state !== states[index - 1])).toBe(true);
  });

  it('sends SCHEMA with keys, and the replication key in use', async () => {
    const stream = memoryStream({ id: 'a', name: 'A!', methods: ['INCREMENTAL'], replicationKey: 'name' });
    const [, schema] = (await sync([stream])).messages;
    expect(schema).toEqual({
      type: 'SCHEMA',
      stream: 'A!',
      schema: stream.schema,
      key_properties: ['id'],
      bookmark_properties: ['name'],
    });
  });

  it('says when a record was read, never later than now', async () => {
    const before = new Date();
    const { messages } = await sync([a]);
    const times = messages.flatMap((message) => message.time_extracted ?? []);
    expect(times).toHaveLength(3);
    for (const time of times) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(new Date(time) >= before && new Date(time) <= new Date()).toBe(true);
    }
  });

  it('writes ready lines as they are, one write per batch', async () => {
    let lines = Buffer.alloc(0);
    const stream = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      const { head, tail } = request.envelope();
      lines = Buffer.concat([head, Buffer.from('{"id":1}'), tail, head, Buffer.from('{"id":2}'), tail]);
      yield { lines: { bytes: lines, records: 2 }, bookmark: { n: 2 } };
    });
    const result = await sync([stream]);
    expect(result.writes.filter((write) => write.equals(lines))).toHaveLength(1);
    expect(result.counted.get('a')).toEqual({ records: 2, bytes: lines.length });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE - {"a":{"n":2}}']);
  });

  it('converts ready lines too where the catalog asks for it, and tells the stream so', async () => {
    const asked: boolean[] = [];
    const stream = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      asked.push(request.whole);
      const { head, tail } = request.envelope();
      const line = Buffer.concat([head, Buffer.from('{"id":12345678901234567890,"name":"x"}'), tail]);
      yield { lines: { bytes: Buffer.concat([line, line]), records: 2 } };
    });
    const schema = { type: 'object', properties: { id: { type: 'string' } } };
    const result = await sync([stream], { catalog: catalog({ id: 'a', schema }) });
    expect(asked).toEqual([false]);
    expect(result.text.match(/"record":\{"id":"12345678901234567890"\}/g)).toHaveLength(2);
    expect(result.counted.get('a')!.records).toBe(2);
  });

  it('joins rows into writes of some size, and waits for a reader that is behind', async () => {
    let open = 0;
    let worst = 0;
    const output = keepingOutput(() => {
      worst = Math.max(worst, ++open);
      return new Promise((resolve) => setImmediate(() => resolve(void open--)));
    });
    const ids = Array.from({ length: 20_000 }, (_, i) => i);
    const result = await sync([memoryStream({ id: 'a' }, [{ rows: rows(...ids) }])], { output });
    expect(worst).toBe(1);
    expect(outline(result.messages).filter((line) => /^a /.test(line))).toHaveLength(20_000);
    const sizes = result.writes.map((bytes) => bytes.length).filter((size) => size > 500);
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(60_000);
    expect(Math.max(...sizes)).toBeLessThan(80_000);
  });
});

describe('extract that is cut short', () => {
  it('stops at a signal after the batch in hand, with the newest valid STATE, and closes the stream', async () => {
    const abort = new AbortController();
    let closed = false;
    const endless = memoryStream({ id: 'a' }, async function* () {
      try {
        for (let n = 1; ; n++) {
          if (n === 3) abort.abort(new Interrupted('SIGTERM'));
          yield { rows: rows(n), bookmark: { n } };
        }
      } finally {
        closed = true;
      }
    });
    const result = await sync([endless, b], { signal: abort.signal });
    expect(result.error).toBeInstanceOf(Interrupted);
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE a {"a":{"n":2}}']);
    expect(closed).toBe(true);
    expect(result.summaries).toEqual(['a: failed']);
  });

  it('stops at a signal while the source makes it wait', async () => {
    const abort = new AbortController();
    const stuck = memoryStream({ id: 'a' }, async function* (request: ReadRequest) {
      yield { rows: rows(1), bookmark: { n: 1 } };
      const failed = new Promise<never>((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('socket cut'))),
      );
      abort.abort(new Interrupted('SIGINT'));
      await failed;
    });
    const result = await sync([stuck], { signal: abort.signal });
    expect(result.error).toMatchObject({ exitCode: 130 });
    expect(outline(result.messages).at(-1)).toBe('STATE a {"a":{"n":1}}');
  });

  it('stops at a signal although the reader takes nothing more', async () => {
    const abort = new AbortController();
    const output = keepingOutput((bytes) => {
      if (!bytes.includes('RECORD')) return undefined;
      abort.abort(new Interrupted('SIGTERM'));
      return new Promise(() => undefined);
    });
    const result = await sync([a], { signal: abort.signal, output });
    expect(result.error).toBeInstanceOf(Interrupted);
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'a 2', 'STATE a {"a":{"n":2}}']);
  });

  it('rethrows the failure of a stream after a STATE that covers what was written, and goes no further', async () => {
    const failing = memoryStream({ id: 'a' }, async function* () {
      yield { rows: rows(1), bookmark: { n: 1 } };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([failing, b]);
    expect(result.error).toMatchObject({ code: 'gone' });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a', 'a 1', 'STATE a {"a":{"n":1}}']);
    expect(result.log.lines.at(-1)).toMatchObject({ level: 'error', fields: { stream: 'a' } });
  });

  it('has a summary line for the stream that fails, too, with the records that were sent', async () => {
    const failing = memoryStream({ id: 'c' }, async function* () {
      yield { rows: rows(1) };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([a, failing, b]);
    expect(result.summaries).toEqual(['a', 'c: failed']);
    expect(result.counted.get('c')!.records).toBe(1);
  });

  it('says no more once the reader is gone', async () => {
    const output = keepingOutput((bytes) => {
      if (bytes.includes('RECORD')) throw new SystemError('closed', { code: 'output-closed' });
      return undefined;
    });
    const result = await sync([a], { output });
    expect(result.error).toMatchObject({ code: 'output-closed' });
    expect(outline(result.messages)).toEqual(['STATE a {}', 'SCHEMA a']);
    expect(result.log.lines).toEqual([]);
    expect(result.summaries).toEqual([]);
  });
});

describe('extract --test', () => {
  it('reads at most one record of each stream and says no state', async () => {
    const limits: unknown[] = [];
    const lines = memoryStream({ id: 'c' }, async function* (request: ReadRequest) {
      limits.push(request.limit);
      const { head, tail } = request.envelope();
      const line = Buffer.concat([head, Buffer.from('{"id":1}'), tail]);
      yield { lines: { bytes: Buffer.concat([line, line]), records: 2 } };
    });
    const result = await sync([a, b, lines], { test: 'all', config: { emit_activate_version_messages: true } });
    expect(outline(result.messages)).toEqual(['SCHEMA a', 'a 1', 'SCHEMA b', 'b 9', 'SCHEMA c', 'c 1']);
    expect(limits).toEqual([1]);
    expect(result.counted.get('c')!.records).toBe(1);
  });

  it('names the stream that fails', async () => {
    const failing = memoryStream({ id: 'b' }, async function* () {
      yield { rows: [] };
      throw new SystemError('gone', { code: 'gone' });
    });
    const result = await sync([a, failing], { test: 'all' });
    expect(result.error).toMatchObject({ code: 'gone' });
    expect(result.log.lines.at(-1)!.fields).toEqual({ stream: 'b' });
  });

  it('reads nothing for =schema', async () => {
    const result = await sync([a, b], { test: 'schema' });
    expect(outline(result.messages)).toEqual(['SCHEMA a', 'SCHEMA b']);
  });
});
