import type { Answer } from './plugin.ts';

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, for programs. */
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it, where something is wrong. */
  readonly hint?: string;
}

/** Findings as an answer: one line each, with what to do below, or one JSON document. */
export function answerOf(findings: readonly Finding[], format: 'text' | 'json'): Answer {
  const ok = findings.every((finding) => finding.ok);
  if (format === 'json') return { ok, text: JSON.stringify({ ok, checks: findings }) };
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap((finding) => [
    `${finding.ok ? 'ok    ' : 'FAILED'}  ${finding.check.padEnd(width)}  ${finding.detail}`,
    ...(finding.hint === undefined ? [] : [`${' '.repeat(width + 10)}${finding.hint}`]),
  ]);
  return { ok, text: lines.join('\n') };
}
