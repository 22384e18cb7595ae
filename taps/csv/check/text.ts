import type { FileFacts, Finding, KeyFacts, Report, StreamFacts } from './facts.ts';

/** The report for people. */
export function reportText(report: Report): string {
  const lines = report.streams.flatMap((stream) => [...streamText(stream), '']);
  const count = report.streams.reduce((sum, stream) => sum + stream.problems.length, 0);
  return [...lines, count === 0 ? 'No problems.' : `${counted(count, 'problem')}.`].join('\n');
}

function streamText({ stream, rows, files, columns, key, problems }: StreamFacts): string[] {
  const table = columns.map(({ name, type, inferred, null_rate, empty_rate }) => [
    name,
    type,
    inferred === type ? '' : `all fit ${inferred}`,
    null_rate === 0 ? '' : `${percent(null_rate)} null`,
    empty_rate === 0 ? '' : `${percent(empty_rate)} empty`,
  ]);
  return [
    `${stream}: ${counted(rows, 'row')} in ${counted(files.length, 'file')}`,
    ...files.flatMap(fileText),
    ...aligned(table).map((line) => `  ${line}`),
    ...(key === undefined ? [] : [`  key ${key.columns.join(', ')}: ${keyText(key, rows)}`]),
    ...problems.map((problem) => `  PROBLEM ${problem}`),
  ];
}

function fileText(file: FileFacts): string[] {
  const notes = [
    ...file.renamed.map(({ cell, name }) => `column ${cell} is named ${name}`),
    ...listed('in the header more than once', file.duplicate_headers),
    ...listed('columns of the first file that are missing', file.missing_columns),
    ...listed('columns that the first file does not have', file.extra_columns),
    ...(file.other_order ? ['columns stand in another order than in the first file'] : []),
    ...file.findings.map(findingText),
  ];
  return [
    `  ${file.file}: ${counted(file.rows, 'row')}, ${counted(file.columns, 'column')}, ${file.encoding}, ${dialectText(file)}, first row on line ${file.first_row_line}`,
    ...notes.map((note) => `    ${note}`),
  ];
}

function findingText({ message, column, rows, lines, fate }: Finding): string {
  const about = column === undefined ? '' : ` (${column})`;
  const places = lines.length === 0 ? '' : `, ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
  const more = lines.length > 0 && rows > lines.length ? ' and more' : '';
  return `${message}${about}: ${counted(rows, 'row')}${places}${more}: ${fate}`;
}

/** `1 row`, `2 rows`. */
function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function dialectText({ dialect }: FileFacts): string {
  if (dialect === null) return 'JSON lines';
  const { delimiter, quotechar, escapechar } = dialect;
  const quote = quotechar === null ? 'no quotes' : `quote ${quotechar}`;
  return `delimiter ${JSON.stringify(delimiter)}, ${quote}${escapechar === null ? '' : `, escape ${escapechar}`}`;
}

function listed(what: string, columns: readonly string[]): string[] {
  return columns.length === 0 ? [] : [`${what}: ${columns.join(', ')}`];
}

function keyText({ duplicates, first, compared, nulls }: KeyFacts, rows: number): string {
  if (compared === 0 && rows > 0) return 'not checked, it is missing';
  const places = first.map(({ file, line }) => `${file} line ${line}`).join('; ');
  const found = duplicates === 0 ? 'unique' : `${number(duplicates)} ${duplicates === 1 ? 'row' : 'rows'} again (${places})`;
  const part = compared < rows ? `, in the first ${number(compared)} rows only` : '';
  return `${found}${part}${nulls === 0 ? '' : `, ${number(nulls)} without a value`}`;
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function percent(rate: number): string {
  return rate < 0.0005 ? '< 0.1 %' : `${(rate * 100).toFixed(1)} %`;
}

function number(count: number): string {
  return count.toLocaleString('en');
}
