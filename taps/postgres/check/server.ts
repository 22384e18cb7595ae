import type { Session } from '../../../clients/postgres/connect.ts';
import type { Finding } from '../../../singer/tap/index.ts';

const SERVER = `SELECT concat(current_database(), ' at ' || host(inet_server_addr()) || ':' || inet_server_port()) AS place,
  current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
  floor(extract(epoch FROM now() - pg_last_xact_replay_timestamp()))::int AS behind, current_setting('server_encoding') AS encoding`;

/** Which server answers, and what it is. */
export async function serverFindings(session: Session): Promise<Finding[]> {
  const { rows } = await session.query(SERVER);
  const { place, version, standby, behind, encoding } = rows[0] ?? {};
  const lag = behind === null ? '' : `, last change ${Number(behind)} s ago`;
  return [
    { check: 'connection', ok: true, detail: `database ${String(place)}` },
    { check: 'server', ok: true, detail: `Postgres ${String(version)}, ${standby === true ? `a standby${lag}` : 'a primary'}` },
    encodingFinding(String(encoding)),
  ];
}

function encodingFinding(encoding: string): Finding {
  const check = 'encoding';
  if (encoding !== 'SQL_ASCII') return { check, ok: true, detail: encoding };
  const hint = 'Bytes that are no UTF-8 end a run: convert the database to UTF8, or leave such columns out.';
  return { check, ok: true, detail: 'SQL_ASCII: the server does not know what its text is', hint };
}
