import type { Session } from '../../../clients/postgres/connect.ts';
import type { Answer, Ask, Run } from '../../../singer/tap/index.ts';
import { fullTableQueries } from '../full-table/read.ts';
import { incrementalQueries } from '../incremental/read.ts';
import { openSource } from '../open.ts';
import { type Query, type Reading, wayOf } from '../reading.ts';
import type { PostgresConfig } from '../settings.ts';
import { xminQueries } from '../xmin/read.ts';
import { facts, type PlanFacts, type PlanNode } from './plan-facts.ts';
import { explainText } from './text.ts';

/** What is sent for one stream. */
export interface StreamQueries {
  readonly stream: string;
  readonly method: string;
  readonly replication_key: string | null;
  readonly queries: readonly (Query & PlanFacts)[];
}

/** `--explain`: the queries of each selected stream, with the server's plan. Reads no rows. Throws TaplineError. */
export async function explain(config: PostgresConfig, run: Run, ask: Ask): Promise<Answer> {
  const source = await openSource(config, run);
  try {
    const streams: StreamQueries[] = [];
    for (const { stream, request } of await ask.requests(source.streams)) {
      const reading = source.streams.find(({ id }) => id === stream.id)!.reading(request);
      streams.push({
        stream: stream.id,
        method: request.method,
        replication_key: request.replicationKey ?? null,
        queries: await explained(reading),
      });
    }
    return { ok: true, text: ask.format === 'json' ? JSON.stringify({ streams }) : explainText(streams) };
  } finally {
    await source.close();
  }
}

async function explained(reading: Reading): Promise<(Query & PlanFacts)[]> {
  const session = await reading.sessions.begin();
  try {
    const queries: (Query & PlanFacts)[] = [];
    for (const query of await queriesOf(reading, session)) {
      const { rows } = await session.query(`EXPLAIN (FORMAT JSON) ${query.sql}`);
      const [{ Plan: root }] = rows[0]!['QUERY PLAN'] as readonly [{ readonly Plan: PlanNode }];
      const text = await session.query(`EXPLAIN ${query.sql}`);
      queries.push({ ...query, ...facts(root), plan: text.rows.map((row) => String(row['QUERY PLAN'])) });
    }
    return queries;
  } finally {
    await reading.sessions.end(session);
  }
}

async function queriesOf(reading: Reading, session: Session): Promise<readonly Query[]> {
  switch (wayOf(reading)) {
    case 'incremental':
      return incrementalQueries(reading, session);
    case 'xmin':
      return xminQueries(reading, session);
    default:
      return fullTableQueries(reading, session);
  }
}
