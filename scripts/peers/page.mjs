// @ts-check

/** @typedef {import('./check.mjs').Result} Result */

const MARKS = ['S', 'M', 'K', 'P', '+'];
const CELLS = { holds: 'holds', fails: '**fails**', skipped: '–', 'not applicable': '' };
const REASON_LENGTH = 160;

/**
 * The text of docs/peers.md.
 * @param {readonly Result[]} results @param {string} date
 * @param {(evidence: string) => string} briefly shortens what the kit says of a failure
 */
export function peersPage(results, date, briefly) {
  const kinds = /** @type {const} */ (['tap', 'target']).filter((kind) => results.some((result) => result.kind === kind));
  return `# The contract and other makers' plugins

Written by \`npm run peers\` on ${date}; it installs the Python packages named here under .cache/ and puts them and our plugins to the
statements of [statements.md](statements.md) with \`tapline\` ([check.md](check.md)), as strangers: by command and config, no plugin is
known to the checks. Versions are in the heads of the columns.

"–": could not be told from outside with this config (a source too small, a setting that is not known). Where a statement comes from
says who asks for it: S the Singer specification, M needed by Meltano, K parity with the Meltano SDK, P shell pipes, + nobody but us. A
plugin is no worse for breaking what nobody asked of it: a tap that was never meant for Meltano owes it nothing.
${kinds
  .map((kind) =>
    section(
      kind,
      results.filter((result) => result.kind === kind),
      briefly,
    ),
  )
  .join('')}`;
}

/** @param {'tap' | 'target'} kind @param {readonly Result[]} results @param {(evidence: string) => string} briefly */
function section(kind, results, briefly) {
  const titles = results.map(({ title }) => title);
  const head = (/** @type {readonly string[]} */ first) =>
    `| ${[...first, ...titles].join(' | ')} |\n| ${[...first.map(() => '---'), ...titles.map(() => '---')].join(' | ')} |\n`;
  const sums = MARKS.map((mark) => `| ${mark} | ${results.map((result) => counts(result, mark)).join(' | ')} |`);
  const rows = (results[0]?.statements ?? []).map(({ number, marks, text }) => {
    const cells = results.map(({ statements }) => CELLS[statements.find((one) => one.number === number)?.status ?? 'skipped']);
    return `| ${[number, marks.join(' '), escape(text), ...cells].join(' | ')} |`;
  });
  const failures = results.map(({ title, asked, statements, note }) => {
    const lines = statements
      .filter(({ status }) => status === 'fails')
      .map(({ number, reason = '' }) => `- ${number}: ${escape(cut(briefly(reason)))}`);
    return `### ${title}\n\n\`\`\`sh\n${asked}\n\`\`\`\n\n${lines.length > 0 ? lines.join('\n') : 'Nothing fails.'}\n${note === undefined ? '' : `\n${note}\n`}`;
  });
  return `
## ${kind === 'tap' ? 'Taps' : 'Targets'}

Statements that hold / fail / could not be told:

${head(['from'])}${sums.join('\n')}

${head(['#', 'from', 'statement'])}${rows.join('\n')}

${failures.join('\n')}`;
}

/** @param {Result} result @param {string} mark */
function counts({ statements }, mark) {
  const own = statements.filter(({ marks }) => marks.includes(mark));
  const of = (/** @type {string} */ status) => own.filter((one) => one.status === status).length;
  return `${of('holds')} / ${of('fails')} / ${of('skipped')}`;
}

/** @param {string} text */
const escape = (text) => text.replaceAll('|', '\\|');

/** @param {string} text */
function cut(text) {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= REASON_LENGTH ? line : `${line.slice(0, REASON_LENGTH)} …`;
}
