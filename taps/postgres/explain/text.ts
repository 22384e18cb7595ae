import type { StreamQueries } from './explain.ts';

/** The queries for people. */
export function explainText(streams: readonly StreamQueries[]): string {
  if (streams.length === 0) return 'No stream is selected.';
  return streams.map((stream) => streamText(stream).join('\n')).join('\n\n');
}

function streamText({ stream, method, replication_key, queries }: StreamQueries): string[] {
  const head = `${stream}: ${method}${replication_key === null ? '' : ` by ${replication_key}`}`;
  if (queries.length === 0) return [`${head}: nothing was written since the last run`];
  return [
    head,
    ...queries.flatMap(({ purpose, rows, indexes, scans, sql, plan }) => [
      `  ${purpose}: about ${rows.toLocaleString('en')}${listed('by index', indexes)}${listed('through all of', scans)}`,
      ...indented(sql.split('\n'), '    '),
      ...indented(plan, '      | '),
    ]),
  ];
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `, ${what} ${names.join(', ')}`;
}

function indented(lines: readonly string[], by: string): string[] {
  return lines.map((line) => by + line);
}
