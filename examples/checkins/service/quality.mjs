// Prints what the last run found wrong with the data, for people. CHECKINS_DATABASE is the address of the database.
import process from 'node:process';
import { openPool } from './checkins.mjs';

/** Each part of the report: a heading, and a query whose columns are those of the table below it. */
const PARTS = [
  [
    'Checks of the last run',
    `SELECT "check", field, severity AS "if it breaks", status, failed AS "broken by", passed AS "kept by"
     FROM checkins.checkins__quality WHERE started = (SELECT max(started) FROM checkins.checkins__quality) ORDER BY 1, 2`,
  ],
  [
    'Rows put aside, by reason',
    `SELECT _q_field AS field, _q_reason AS reason, count(*) AS rows, min(_q_at)::date AS since
     FROM checkins.checkins__quarantine GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
  ],
  [
    'Days with more than 24 hours, the worst twenty',
    `SELECT "user", ("timestamp" AT TIME ZONE 'UTC')::date AS day, sum(hours) AS hours, count(*) AS rows
     FROM checkins.checkins GROUP BY 1, 2 HAVING sum(hours) > 24 ORDER BY 3 DESC, 1, 2 LIMIT 20`,
  ],
  [
    'Projects that were misspelt',
    `SELECT project, count(*) AS rows, string_agg(DISTINCT project_as_typed, ', ' ORDER BY project_as_typed) AS "also written"
     FROM checkins.checkins WHERE project <> lower(trim(project_as_typed)) GROUP BY 1 ORDER BY 2 DESC, 1`,
  ],
];

const url = process.env['CHECKINS_DATABASE'];
if (url) {
  const pool = openPool(url);
  await report(pool).catch((error) => {
    process.stderr.write(`The report cannot be made: ${error.message || error.code}\n`);
    process.exitCode = 1;
  });
  await pool.end();
} else {
  process.stderr.write('CHECKINS_DATABASE is not set: postgresql://user:password@host/database\n');
  process.exitCode = 2;
}

/** @param {import('pg').Pool} pool */
async function report(pool) {
  for (const [heading, query] of PARTS) {
    const { rows, fields } = await pool.query({ text: query, types: { getTypeParser: () => String } });
    const lines = [fields.map(({ name }) => name), ...rows.map((row) => Object.values(row).map((value) => value ?? ''))];
    const widths = fields.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
    process.stdout.write(`${heading}\n`);
    for (const line of rows.length === 0 ? [['none']] : lines)
      process.stdout.write(
        `  ${line
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('   ')
          .trimEnd()}\n`,
      );
    process.stdout.write('\n');
  }
}
