import { counted, number } from '../check/text.ts';
import type { Estimate } from './estimate.ts';

/** The estimate for people. */
export function estimateText({ lists, repositories, calls, unknown, quota, spent }: Estimate): string {
  const width = Math.max(0, ...lists.map(({ stream }) => stream.length));
  const lines = lists.flatMap(({ repository, stream, calls }, index) => [
    ...(repository === lists[index - 1]?.repository ? [] : [repository]),
    `  ${stream.padEnd(width)}  ${calls === null ? 'more than 1' : number(calls)}`,
  ]);
  const about = unknown === 0 ? 'about' : 'more than';
  return [
    ...lines,
    '',
    `A first run takes ${about} ${counted(calls, 'call', 'calls')} for ${counted(repositories, 'repository', 'repositories')}.`,
    ...(quota.limit === 0 ? [] : [quotaText(calls, quota)]),
    'Later runs ask once for each repository and stream; where nothing has changed that costs nothing.',
    `This estimate took ${counted(spent, 'call', 'calls')}.`,
  ].join('\n');
}

function quotaText(calls: number, { remaining, limit }: Estimate['quota']): string {
  const left = `The tokens have ${number(remaining)} of ${number(limit)} calls left`;
  const windows = Math.ceil(Math.max(0, calls - remaining) / limit);
  return windows === 0
    ? `${left}, which is enough.`
    : `${left}: the run waits ${counted(windows, 'time', 'times')} for a new quota, an hour each.`;
}
