import type { Answer } from '../../singer/index.ts';
import type { Session } from './connect.ts';

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

/** How what is sent is hidden on its way. */
export async function tlsFinding(session: Session): Promise<Finding> {
  const { rows } = await session.query('SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
  const { ssl, version, cipher } = rows[0] ?? {};
  const detail = ssl === true ? `${String(version)}, ${String(cipher)}` : 'none: what is sent can be read on the way';
  return { check: 'tls', ok: true, detail };
}

/** Who we are to the server. */
export async function roleFinding(session: Session): Promise<Finding> {
  const { rows } = await session.query('SELECT current_user AS role, session_user AS login');
  const { role: name, login } = rows[0] ?? {};
  return { check: 'role', ok: true, detail: name === login ? String(name) : `${String(name)}, taken on by ${String(login)}` };
}
