// @ts-check
/** @typedef {import('./course.mjs').Result} Result */

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/**
 * The tables at the end: what became of each example, and what Meltano costs.
 * @param {readonly Result[]} results
 * @returns {string[]}
 */
export function summary(results) {
  const outcome = results.map(({ name, counts, seconds, same, problems }) => [
    name,
    ...[counts.in, counts.loaded, counts.quarantined, counts.erased, seconds].map((each) => number.format(each)),
    problems.length > 0 ? 'FAILED' : same ? 'same again' : 'NOT THE SAME',
  ]);
  const rates = results.flatMap(({ name, legs }) =>
    legs.flatMap((leg) => {
      if (leg.alone === undefined) return [];
      const { records, seconds } = leg.alone;
      const rate = (/** @type {number} */ time) => number.format(records / time);
      return [[`${name} ${leg.name}`, number.format(records), rate(leg.seconds), rate(seconds)]];
    }),
  );
  return [
    ...table([['example', 'rows in', 'loaded', 'quarantined', 'erased', 'seconds', ''], ...outcome]),
    '',
    ...table([['leg', 'records', 'records/s by Meltano', 'by the plugins alone'], ...rates]),
    ...results.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
  ];
}

/** @param {readonly (readonly string[])[]} rows the first column to the left, numbers to the right */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd(),
  );
}
