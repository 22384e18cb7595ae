import type { Verdict } from '../check.ts';
import { briefly } from '../expect.ts';
import type { Mark, Statement } from '../statements.ts';
import type { Subject } from '../subject.ts';
import type { Format } from './options.ts';

/** What came of one statement. */
export interface Finding {
  readonly statement: Statement;
  readonly status: Verdict['status'] | 'not applicable';
  /** Why it does not hold, was skipped or does not apply; may be long. Secrets are taken out. */
  readonly reason?: string;
}

/** Writes findings as they come. Each function gives text for stdout. */
export interface Reporter {
  begin(): string;
  finding(finding: Finding): string;
  end(findings: readonly Finding[]): string;
}

const STATUSES = ['holds', 'fails', 'skipped', 'not applicable'] as const;

/** Where statements come from, and what it means to break one. */
const MARKS: Readonly<Record<Mark, string>> = {
  S: 'the Singer specification',
  M: 'needed by Meltano',
  K: 'parity with the Meltano SDK',
  P: 'shell pipes',
  '+': 'beyond: no specification asks for it',
};
const REASON_LENGTH = 220;

export function reporter(format: Format, subject: Subject): Reporter {
  return REPORTERS[format](subject);
}

const REPORTERS: Readonly<Record<Format, (subject: Subject) => Reporter>> = {
  text: (subject) => ({
    begin: () => `${subject.name}, a ${subject.kind}: ${subject.command.join(' ')}\n\n`,
    finding: ({ statement, status, reason }) => {
      const head = `${String(statement.number).padStart(3)} ${statement.marks.join('').padEnd(2)} ${status.padEnd(7)} `;
      return `${head} ${statement.text}${reason === undefined ? '' : `: ${short(reason)}`}\n`;
    },
    end: (findings) => {
      const rows = summaryOf(findings);
      const wide = Math.max(...rows.map(({ what }) => what.length));
      const lines = rows.map(
        ({ mark, what, holds, fails, skipped, failing }) =>
          `${mark}  ${what.padEnd(wide)}  ${count(holds)} hold  ${count(fails)} fail  ${count(skipped)} skipped${failing.length > 0 ? `  fail: ${failing.join(', ')}` : ''}`,
      );
      return `\n${lines.join('\n')}\n\n${verdictOf(subject, findings)}\n`;
    },
  }),
  json: (subject) => ({
    begin: () => '',
    finding: () => '',
    end: (findings) =>
      `${JSON.stringify(
        {
          name: subject.name,
          kind: subject.kind,
          command: subject.command,
          date: today(),
          ok: !findings.some(({ status }) => status === 'fails'),
          marks: Object.fromEntries(summaryOf(findings).map(({ mark, ...row }) => [mark, row])),
          statements: findings.map(({ statement: { number, marks, text }, status, reason }) => ({
            number,
            marks,
            text,
            status,
            reason,
          })),
        },
        undefined,
        2,
      )}\n`,
  }),
  markdown: (subject) => ({
    begin: () =>
      `# ${subject.name}, statement by statement\n\n${today()}\n\n| # | from | statement | verdict | reason |\n| ---: | --- | --- | --- | --- |\n`,
    finding: ({ statement, status, reason }) =>
      `| ${[statement.number, statement.marks.join(' '), cell(statement.text), status, cell(short(reason ?? ''))].join(' | ')} |\n`,
    end: (findings) => {
      const rows = summaryOf(findings).map(
        ({ mark, what, holds, fails, skipped, failing }) =>
          `| ${mark} | ${what} | ${holds} | ${fails} | ${skipped} | ${failing.join(', ')} |`,
      );
      return `\n| from | | hold | fail | skipped | failing |\n| --- | --- | ---: | ---: | ---: | --- |\n${rows.join('\n')}\n\n${verdictOf(subject, findings)}\n`;
    },
  }),
};

interface SummaryRow extends Record<'holds' | 'fails' | 'skipped', number> {
  readonly mark: Mark;
  readonly what: string;
  readonly failing: readonly number[];
}

/** Counts by mark; a statement with two marks counts in both. */
function summaryOf(findings: readonly Finding[]): SummaryRow[] {
  return (Object.keys(MARKS) as Mark[]).flatMap((mark) => {
    const own = findings.filter(({ statement }) => statement.marks.includes(mark));
    if (own.length === 0) return [];
    const of = (status: (typeof STATUSES)[number]): Finding[] => own.filter((finding) => finding.status === status);
    const failing = of('fails').map(({ statement }) => statement.number);
    return [
      { mark, what: MARKS[mark], holds: of('holds').length, fails: failing.length, skipped: of('skipped').length, failing },
    ];
  });
}

function verdictOf({ name }: Subject, findings: readonly Finding[]): string {
  const failing = findings.filter(({ status }) => status === 'fails');
  const spec = failing.filter(({ statement }) => statement.marks.includes('S')).map(({ statement }) => statement.number);
  const tried = findings.filter(({ status, statement }) => status === 'holds' && statement.marks.includes('S')).length;
  if (spec.length > 0) return `${name} breaks the Singer specification: ${spec.join(', ')}.`;
  const keeps =
    tried === 0
      ? 'Nothing of the Singer specification was tried.'
      : `${name} keeps the Singer specification, as far as it was tried.`;
  return failing.length === 0
    ? keeps
    : `${keeps} Beyond it ${failing.length} statement${failing.length === 1 ? ' does' : 's do'} not hold.`;
}

/** One line, cut. */
function short(reason: string): string {
  const line = briefly(reason).replaceAll(/\s+/g, ' ').trim();
  return line.length <= REASON_LENGTH ? line : `${line.slice(0, REASON_LENGTH)} …`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

const count = (number: number): string => String(number).padStart(3);

const today = (): string => new Date().toISOString().slice(0, 10);
