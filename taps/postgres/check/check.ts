import { systemError } from '../../../clients/postgres/errors.ts';
import { roleFinding, tlsFinding } from '../../../clients/postgres/findings.ts';
import {
  type Answer,
  answerOf,
  type Ask,
  ConfigError,
  type Finding,
  type Run,
  type StreamRequest,
  TaplineError,
} from '../../../singer/tap/index.ts';
import { openSource, type PostgresSource } from '../open.ts';
import type { PostgresConfig } from '../settings.ts';
import { checkRights, FILTERED } from '../rights.ts';
import { checkConditions } from '../limits/conditions.ts';
import { serverFindings } from './server.ts';
import { streamFinding } from './stream.ts';

/** `--check`: whether a run with this catalog and state could begin, and what it would cost. Reads no rows. Throws ConfigError. */
export async function check(config: PostgresConfig, run: Run, ask: Ask): Promise<Answer> {
  let source: PostgresSource;
  try {
    source = await openSource({ ...config, max_retries: 0 }, run);
  } catch (error) {
    return answerOf([failed('connection', error)], ask.format);
  }
  try {
    const findings = await ofServer(source);
    for (const asked of await ask.requests(source.streams)) findings.push(await ofStream(source, asked));
    return answerOf(findings, ask.format);
  } finally {
    await source.close();
  }
}

async function ofServer({ sessions, streams }: PostgresSource): Promise<Finding[]> {
  const session = await sessions.begin();
  try {
    return [
      ...(await serverFindings(session)),
      await tlsFinding(session),
      await roleFinding(session),
      { check: 'discovery', ok: true, detail: `${streams.length} ${streams.length === 1 ? 'stream' : 'streams'}` },
    ];
  } finally {
    await sessions.end(session);
  }
}

async function ofStream({ streams, sessions }: PostgresSource, { stream, request }: StreamRequest): Promise<Finding> {
  const name = `stream ${stream.id}`;
  const session = await sessions.begin();
  try {
    const asked = streams.find(({ id }) => id === stream.id)!;
    const reading = asked.reading(request);
    const { sql, table } = asked.relation;
    const [filtered] = await checkRights(session, table === undefined ? [] : [{ id: stream.id, table }]);
    await checkConditions(session, [{ id: stream.id, sql, conditions: reading.config.custom_where_clauses ?? [] }]);
    const found = await streamFinding(reading, session);
    const hints = [filtered === undefined ? undefined : `${FILTERED}: ${filtered.remedy}.`, found.hint].filter(
      (hint) => hint !== undefined,
    );
    return { check: name, ...found, ...(hints.length === 0 ? {} : { hint: hints.join(' ') }) };
  } catch (error) {
    return failed(name, error);
  } finally {
    await sessions.end(session);
  }
}

function failed(check: string, error: unknown): Finding {
  if (error instanceof ConfigError && error.code === 'config' && check === 'connection') throw error;
  const { message, code, hint } = error instanceof TaplineError ? error : systemError(error);
  return { check, ok: false, detail: `${message} (${code})`, ...(hint === undefined ? {} : { hint }) };
}
