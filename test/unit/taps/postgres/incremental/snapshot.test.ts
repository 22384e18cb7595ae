import { expect, it } from 'vitest';
import {
  horizonOf,
  newerThan,
  parseSnapshot,
  snapshotText,
  withoutRunning,
} from '../../../../../taps/postgres/incremental/snapshot.ts';

const snapshot = (text: string): NonNullable<ReturnType<typeof parseSnapshot>> => parseSnapshot(text)!;

it('reads and writes snapshots as Postgres does', () => {
  for (const text of ['100:100:', '100:105:100,103', '18446744073709551615:18446744073709551615:'])
    expect(snapshotText(snapshot(text))).toBe(text);
  for (const text of ['', '1:2', '1:2:3,', 'a:b:c', '1:2:3 ', '-1:2:']) expect(parseSnapshot(text)).toBeUndefined();
});

it.each([
  ['nothing ran', '100:100:', '120:120:', 100n],
  ['what ran has ended', '90:100:90,95', '120:120:', 90n],
  ['the oldest still runs', '90:100:90,95', '90:120:90,110', 95n],
  ['all still run', '90:100:90,95', '90:120:90,95', 100n],
  ['the later snapshot is the older one', '90:100:90,95', '80:91:80', 90n],
])('the horizon is the oldest transaction of which something new may be seen: %s', (_, seen, now, horizon) => {
  expect(horizonOf(snapshot(seen), snapshot(now))).toBe(horizon);
});

it('knows of a standby only what is certain', () => {
  const seen = withoutRunning(snapshot('90:100:'));
  expect(horizonOf(seen, snapshot('100:100:'))).toBe(90n);
  expect(horizonOf(snapshot('90:100:90'), withoutRunning(snapshot('90:120:')))).toBe(90n);
});

it.each<[string, bigint, bigint, ReturnType<typeof newerThan>]>([
  ['nothing was written since', 100n, 100n, 'none'],
  ['the bookmark is ahead of a standby', 200n, 100n, 'none'],
  ['rows know the lower half of an id', (5n << 32n) + 77n, (5n << 32n) + 99n, { xid: 77 }],
  ["the ids below 3 are nobody's", 5n << 32n, (5n << 32n) + 99n, { xid: 3 }],
  ['a round has ended in between', (5n << 32n) - 10n, (5n << 32n) + 10n, { xid: 0xffff_fff6 }],
  ['farther back than rows can tell', 100n, 2_000_000_101n, 'all'],
])('asks rows for their age while it can: %s', (_, horizon, xmax, newer) => {
  expect(newerThan(horizon, { xmax })).toEqual(newer);
});
