import type { Finding } from '../../singer/index.ts';
import type { Session } from './connect.ts';

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
