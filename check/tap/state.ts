import { check, Skipped, type Check } from '../check.ts';
import { must, mustSay, mustSucceed, sameJson, story } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { bookmarksOf, isObject, messagesOf, recordsOf, stateLine, statesOf, type Message } from '../messages.ts';
import type { Config } from '../subject.ts';
import { discover, only, sync } from './catalog.ts';

const TAP = ['tap'] as const;
const SOME_BYTES = 8 * 1024 * 1024;

export const stateChecks: readonly Check[] = [
  check(74, 'from its final state nothing moves again', TAP, async (lab) => {
    const { config } = await lab.source();
    const first = await sync(lab, config);
    const state = statesOf(first.messages).at(-1);
    must(state !== undefined, `no STATE came: ${story(first.ran)}`);
    const second = await sync(lab, config, { state });
    const again = recordsOf(second.messages).length;
    if (again === recordsOf(first.messages).length) throw new Skipped('its streams are not incremental');
    const final = statesOf(second.messages).at(-1);
    must(sameJson(final, state), `the final state changed from ${JSON.stringify(state)} to ${JSON.stringify(final)}`);
    const third = await sync(lab, config, { state: final });
    must(recordsOf(third.messages).length === again, 'a third run gives other records than the second');
    const growing = await lab.sourceIfAny('growing');
    if (growing?.grow === undefined) return;
    const before = await sync(lab, growing.config);
    const added = await growing.grow();
    const moved = await sync(lab, growing.config, { state: statesOf(before.messages).at(-1) });
    must(
      recordsOf(moved.messages).length === added + again,
      `${added} records were added and ${recordsOf(moved.messages).length} moved`,
    );
  }),
  check(76, 'foreign bookmarks are carried along', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const catalog = await discover(lab, config);
    const [kept, dropped] = catalog.streams;
    must(kept !== undefined && dropped !== undefined, 'the source must have two streams');
    const bookmarks = {
      check_other: { deep: { list: [1, 'two', null], at: '2026-01-01' } },
      [dropped.tap_stream_id]: { mine: 1 },
    };
    const state = { bookmarks, check_extra: 'kept' };
    const { messages } = await sync(
      lab,
      { ...config, ...lab.perhaps('frequent-state') },
      { catalog: only(catalog, kept.tap_stream_id), state },
    );
    const states = statesOf(messages);
    must(states.length > 0, 'no STATE came');
    for (const emitted of states) {
      for (const [stream, bookmark] of Object.entries(bookmarks)) {
        must(sameJson(bookmarksOf(emitted)[stream], bookmark), `the bookmark of ${stream} is not in ${JSON.stringify(emitted)}`);
      }
      must(
        isObject(emitted) && emitted['check_extra'] === 'kept',
        `a key beside bookmarks is lost in ${JSON.stringify(emitted)}`,
      );
    }
  }),
  check(77, 'every spelling of a state file is accepted', TAP, async (lab) => {
    const { config } = await lab.source();
    const value = statesOf((await sync(lab, config)).messages).at(-1);
    const full = recordsOf((await sync(lab, config)).messages).length;
    const count = async (text: string): Promise<number> => {
      const ran = await lab.run({ config, args: ['--state', await lab.file('spelled.json', text)] });
      mustSucceed(ran, `the state file ${JSON.stringify(text.slice(0, 40))}`);
      return recordsOf(messagesOf(ran)).length;
    };
    for (const empty of ['', '\n', '{}', 'null', '{"bookmarks": {}}']) {
      const found = await count(empty);
      must(found === full, `the state ${JSON.stringify(empty)} gives ${found} of ${full} records`);
    }
    const bare = await count(JSON.stringify(value));
    for (const dressed of [stateLine(value), JSON.stringify({ singer_state: value }), JSON.stringify(value, undefined, 2)]) {
      must((await count(dressed)) === bare, `${dressed.slice(0, 60)} means something else than the bare value`);
    }
  }),
  check(79, 'a bookmark of the wrong shape restarts its stream only', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const first = await sync(lab, config);
    const state = statesOf(first.messages).at(-1);
    const incremental = recordsOf((await sync(lab, config, { state })).messages).length === 0;
    const [spoilt, other] = (await discover(lab, config)).streams;
    must(spoilt !== undefined && other !== undefined && isObject(state), 'the source must have two streams and a state');
    for (const nonsense of ['nonsense', 17, [1, 2]]) {
      const bookmarks = { ...bookmarksOf(state), [spoilt.tap_stream_id]: nonsense };
      const { ran, messages } = await sync(lab, config, { state: { ...state, bookmarks } });
      must(
        recordsOf(messages, spoilt.stream).length === recordsOf(first.messages, spoilt.stream).length,
        `${spoilt.stream} must be read anew for the bookmark ${JSON.stringify(nonsense)}: ${story(ran)}`,
      );
      must(!incremental || recordsOf(messages, other.stream).length === 0, `${other.stream} must go on from its own bookmark`);
      mustSay(ran, [spoilt.tap_stream_id]);
    }
  }),
  check(80, 'a kill after any STATE loses no row', TAP, async (lab) => mustResume(lab, 'SIGKILL')),
  check(83, 'after SIGTERM the last STATE is valid', TAP, async (lab) => mustResume(lab, 'SIGTERM')),
  check(84, 'STATE comes during the run', TAP, async (lab) => {
    const frequent = lab.way('frequent-state');
    const { config } = await lab.source('bytes', SOME_BYTES);
    const { messages } = await sync(lab, { ...config, ...frequent });
    const last = messages.findLastIndex((message) => message.type === 'RECORD');
    const first = messages.findIndex((message) => message.type === 'RECORD');
    const during = messages.slice(first, last).filter((message) => message.type === 'STATE');
    must(during.length >= 3, `only ${during.length} STATEs came among ${recordsOf(messages).length} records`);
  }),
  check(85, 'no STATE is repeated', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    for (const settings of [{}, lab.perhaps('frequent-state')]) {
      const first = await sync(lab, { ...config, ...settings });
      const second = await sync(lab, { ...config, ...settings }, { state: statesOf(first.messages).at(-1) });
      for (const { messages } of [first, second]) {
        const texts = statesOf(messages).map((state) => JSON.stringify(state));
        must(texts.length > 0, 'no STATE came');
        texts.forEach((text, index) => must(text !== texts[index - 1], `the STATE ${text} came twice in a row`));
      }
    }
  }),
  check(86, 'the run begins with currently_syncing', TAP, async (lab) => {
    const { config } = await lab.source('streams');
    const { streams } = await discover(lab, config);
    const wanted = streams.at(-1)!;
    const { messages } = await sync(lab, config, { state: { bookmarks: {}, currently_syncing: wanted.tap_stream_id } });
    const first = messages.find((message) => message.type === 'SCHEMA')?.stream;
    must(first === wanted.stream, `it begins with ${String(first)}, not with ${wanted.stream}`);
    const heard = new Set(recordsOf(messages).map((message) => message.stream));
    must(heard.size === streams.length, `the other streams must follow, heard of: ${[...heard].join(', ')}`);
    const final = statesOf(messages).at(-1);
    must(
      isObject(final) && (final['currently_syncing'] ?? null) === null,
      `the final STATE must have it cleared: ${JSON.stringify(final)}`,
    );
  }),
  check(91, 'streams of many parts stay in order under every STATE', TAP, async (lab) => {
    const source = await lab.source('files');
    const config = { ...source.config, ...lab.perhaps('frequent-state') };
    const { messages } = await sync(lab, config);
    const places = messages.flatMap((message, index) => (message.type === 'STATE' ? [index] : []));
    const keys = order(messages);
    must(
      keys.length > 1 && keys.every((key, index) => index === 0 || key > keys[index - 1]!),
      `records are out of order: ${keys.slice(0, 20).join(', ')}`,
    );
    must(places.length > 0, 'no STATE came');
    const step = Math.max(1, Math.floor(places.length / 6));
    for (const place of places.filter((_, index) => index % step === 0)) {
      const before = new Set(order(messages.slice(0, place)));
      const rest = order((await sync(lab, config, { state: messages[place]!.value })).messages);
      const missing = keys.filter((key) => !before.has(key) && !rest.includes(key));
      must(missing.length === 0, `from the STATE at message ${place}, records ${missing.slice(0, 10).join(', ')} are lost`);
    }
  }),
  check(73, 'without state everything is read', TAP, async (lab) => {
    const { config, records } = await lab.source();
    if (records === undefined) throw new Skipped('the number of records in the source is not known');
    const found = recordsOf((await sync(lab, config)).messages).length;
    must(found === records, `${found} of ${records} records were read`);
  }),
];

/** Numbers in the first property of the records, in their order. */
function order(messages: readonly Message[]): number[] {
  return recordsOf(messages).map((message) => Number(Object.values(message.record ?? {})[0]));
}

/** Stops a run by a signal in the middle, three times at other places, and goes on from the last STATE that arrived whole. */
async function mustResume(lab: Lab, signal: NodeJS.Signals): Promise<void> {
  const source = await lab.source('bytes', SOME_BYTES);
  const config: Config = { ...source.config, ...lab.perhaps('frequent-state') };
  const all = recordsOf((await sync(lab, config)).messages).map((message) => JSON.stringify(message.record));
  for (const share of [0.1, 0.4, 0.8]) {
    const running = await lab.start({ config });
    let told = false;
    running.onChunk(() => {
      if (told || running.bytes < SOME_BYTES * share) return;
      // Once: a second signal would stop it at once.
      told = true;
      running.kill(signal);
    });
    const ran = await running.ended();
    must(ran.code !== 0, `${signal} must not exit 0: code ${ran.code}`);
    const whole = ran.stdout.subarray(0, ran.stdout.lastIndexOf(0x0a) + 1);
    must(signal === 'SIGKILL' || whole.length === ran.stdout.length, 'the last line on stdout is cut');
    const messages = messagesOf({ stdout: whole });
    const place = messages.findLastIndex((message) => message.type === 'STATE');
    must(place >= 0, `no STATE came in ${ran.stdout.length} bytes`);
    const covered = new Set(recordsOf(messages.slice(0, place)).map((message) => JSON.stringify(message.record)));
    must(signal === 'SIGKILL' || covered.size > 0, 'the last STATE after SIGTERM covers nothing');
    const rest = new Set(
      recordsOf((await sync(lab, config, { state: messages[place]!.value })).messages).map((message) =>
        JSON.stringify(message.record),
      ),
    );
    const lost = all.filter((record) => !covered.has(record) && !rest.has(record)).length;
    must(lost === 0, `${lost} of ${all.length} records are lost from the STATE after ${covered.size} records`);
  }
}
