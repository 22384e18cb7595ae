import { check, Skipped, type Check } from '../check.ts';
import { must, mustSucceed, sameJson, story } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { line, recordLine, schemaLine, stateLine } from '../messages.ts';
import { capabilitiesOf } from '../plugin/flags.ts';
import type { Ran } from '../process.ts';
import type { Config, StoredRow } from '../subject.ts';
import { column, load } from './feed.ts';

const TARGET = ['target'] as const;
const STREAM = 'check_versions';
const SCHEMA = schemaLine(STREAM, { id: 'integer', text: 'string' }, ['id']);
const DONE = stateLine({ bookmarks: { [STREAM]: { done: true } } });
const DELETED_AT = '2026-01-02T03:04:05Z';

/** Versions as taps make them: milliseconds, growing from run to run. */
const [V1, V2, V3] = [1_700_000_000_001, 1_700_000_000_002, 1_700_000_000_003];

const row = (id: number, version?: number): string =>
  line({ type: 'RECORD', stream: STREAM, record: { id, text: `v${version}` }, ...(version === undefined ? {} : { version }) });

const activate = (version: number): string => line({ type: 'ACTIVATE_VERSION', stream: STREAM, version });

/** A full read of a table whose version is activated at its end. */
const FIRST = SCHEMA + row(1, V1) + row(2, V1) + activate(V1) + DONE;

export const versionChecks: readonly Check[] = [
  check(151, 'an activated version ends the older ones', TARGET, async (lab) => {
    await mustKnowVersions(lab);
    for (const settings of deleting(lab)) {
      const { rows, config } = await loaded(lab, SCHEMA + row(9) + DONE + FIRST, settings);
      const next = await lab.run({ config, input: SCHEMA + row(2, V2) + row(3, V2) + row(4, V3) + activate(V2) + DONE });
      mustSucceed(next, 'a second version');
      mustLive(
        await rows(),
        ['2', '3', '4'],
        `${JSON.stringify(settings)}: rows of the activated version and of a later one`,
        next,
      );
    }
    if (!lab.can('hard-delete')) return;
    const { rows } = await loaded(lab, FIRST + SCHEMA + row(3, V2) + activate(V2) + DONE, hardly(lab));
    const left = column(await rows(), 'id');
    must(sameJson(left, ['3']), `hard deletes must remove the rows of older versions, left are ${left.join(', ')}`);
  }),
  check(152, 'twice, too early, or never finished', TARGET, async (lab) => {
    await mustKnowVersions(lab);
    const settings = softly(lab);
    const cases: readonly (readonly [what: string, input: string, live: readonly string[]])[] = [
      ['activated at both ends', SCHEMA + activate(V2) + row(2, V2) + activate(V2) + activate(V2) + DONE, ['2']],
      ['activated at the start of a finished stream', SCHEMA + activate(V2) + row(2, V2) + row(3, V2) + DONE, ['2', '3']],
      ['activated at the start of a stream that breaks off', SCHEMA + activate(V2) + row(3, V2), ['1', '2', '3']],
      ['activated without any row of the version', SCHEMA + activate(V2) + DONE, ['1', '2']],
    ];
    for (const [what, input, live] of cases) {
      const { rows, config } = await loaded(lab, FIRST, settings);
      const ran = await lab.run({ config, input });
      mustLive(await rows(), live, what, ran);
    }
  }),
  check(153, 'a setting ignores versions', TARGET, async (lab) => {
    await mustKnowVersions(lab);
    const ignoring = { ...softly(lab), ...lab.way('ignore-versions') };
    const { rows, config } = await loaded(lab, FIRST, ignoring);
    const ran = await lab.run({ config, input: SCHEMA + row(3, V2) + activate(V2) + DONE });
    mustSucceed(ran);
    mustLive(await rows(), ['1', '2', '3'], 'with versions ignored', ran);
  }),
  check(154, 'a version that no row has deletes nothing', TARGET, async (lab) => {
    await mustKnowVersions(lab);
    for (const settings of deleting(lab)) {
      const { rows, config } = await loaded(lab, SCHEMA + row(1) + row(2) + DONE, settings);
      const ran = await lab.run({ config, input: SCHEMA + activate(V2) + row(3) + activate(V2) + DONE });
      mustSucceed(ran);
      mustLive(await rows(), ['1', '2', '3'], `${JSON.stringify(settings)}: rows without versions`, ran);
    }
  }),
  check(155, 'rows keep their place around an activation', TARGET, async (lab) => {
    await mustKnowVersions(lab);
    for (const settings of deleting(lab)) {
      const input = SCHEMA + row(1, V1) + row(2, V1) + row(3, V1) + activate(V1) + row(2, V2) + activate(V2) + row(1, V2) + DONE;
      const { rows, ran } = await loaded(lab, input, settings);
      mustLive(await rows(), ['1', '2'], `${JSON.stringify(settings)}: what was written again after the activation lives`, ran);
      const texts = (await rows()).filter(isLive).map((one) => one['text']);
      must(
        texts.every((text) => text === `v${V2}`),
        `rows of the old version live: ${texts.join(', ')}`,
      );
    }
  }),
  check(156, 'rows marked as deleted', TARGET, async (lab) => {
    const schema = schemaLine(STREAM, { id: 'integer', _sdc_deleted_at: { type: ['null', 'string'], format: 'date-time' } }, [
      'id',
    ]);
    const input = schema + recordLine(STREAM, { id: 1 }) + recordLine(STREAM, { id: 2 }) + DONE;
    const next = schema + recordLine(STREAM, { id: 1, _sdc_deleted_at: DELETED_AT }) + DONE;
    const soft = await loaded(lab, input, softly(lab));
    mustSucceed(await lab.run({ config: soft.config, input: next }), 'a row marked as deleted');
    const marks = (await soft.rows()).flatMap((one) => one['_sdc_deleted_at'] ?? []);
    must(marks.length === 1 && marks[0]!.startsWith('2026-01-02'), `marks of deletion are: ${marks.join(', ')}`);
    if (!lab.can('hard-delete')) return;
    const hard = await loaded(lab, input, hardly(lab));
    mustSucceed(await lab.run({ config: hard.config, input: next }), 'a row marked as deleted, with hard deletes');
    const left = column(await hard.rows(), 'id');
    must(sameJson(left, ['2']), `hard deletes must remove the row, left are ${left.join(', ')}`);
  }),
];

/** Rows by key, with the columns that marks of deletion need. */
function softly(lab: Lab): Config {
  return { ...lab.perhaps('upsert'), ...lab.perhaps('metadata') };
}

/** No specification asks a target to act on versions: skips the check for one that does not say that it does. */
async function mustKnowVersions(lab: Lab): Promise<void> {
  if (!(await capabilitiesOf(lab)).includes('activate-version'))
    throw new Skipped('it does not say that it acts on ACTIVATE_VERSION');
}

/** As `softly`, and what is deleted is removed. */
function hardly(lab: Lab): Config {
  return { ...softly(lab), ...lab.way('hard-delete') };
}

/** Settings for soft deletes and, where they are known, for hard ones. */
function deleting(lab: Lab): readonly Config[] {
  return lab.can('hard-delete') ? [softly(lab), hardly(lab)] : [softly(lab)];
}

async function loaded(
  lab: Lab,
  input: string,
  settings: Config,
): Promise<{ readonly ran: Ran; readonly config: Config; readonly rows: () => Promise<readonly StoredRow[]> }> {
  const { ran, config, rows } = await load(lab, input, settings);
  mustSucceed(ran, 'the first load');
  return { ran, config, rows: async () => rows(STREAM) };
}

const isLive = (stored: StoredRow): boolean => (stored['_sdc_deleted_at'] ?? null) === null;

function mustLive(rows: readonly StoredRow[], wanted: readonly string[], what: string, ran: Ran): void {
  const found = column(rows.filter(isLive), 'id');
  must(sameJson(found, wanted), `${what}: ${wanted.join(', ')} must be live, not ${found.join(', ')}: ${story(ran)}`);
}
