import { must, mustSucceed, sameJson, stdoutLines, story } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { parse } from '../messages.ts';
import type { Ran } from '../process.ts';
import type { Config, StoredRow } from '../subject.ts';

/** Loads messages into an empty destination; the run must succeed. */
export async function feed(lab: Lab, input: string | Buffer, settings: Config = {}): Promise<Ran> {
  const { config } = await lab.destination(settings);
  const ran = await lab.run({ config, input, milliseconds: 60_000 });
  mustSucceed(ran, 'the load');
  return ran;
}

/** Loads messages and gives the run with a way to read its destination; skips the check where that is not known. */
export async function load(
  lab: Lab,
  input: string | Buffer,
  settings: Config = {},
): Promise<{ readonly ran: Ran; readonly config: Config; readonly rows: (stream: string) => Promise<readonly StoredRow[]> }> {
  const { config, readBack } = await lab.readable(settings);
  const ran = await lab.run({ config, input, milliseconds: 60_000 });
  return { ran, config, rows: readBack };
}

/** The states on stdout. Throws when a line is no JSON. */
export function printed(ran: Pick<Ran, 'stdout'>): unknown[] {
  return stdoutLines(ran).map((line) => {
    const value = parse(line);
    must(value !== undefined, `a stdout line is no JSON: ${line.slice(0, 200)}`);
    return value;
  });
}

/** The states on stdout must be these. */
export function mustPrint(ran: Ran, states: readonly unknown[]): void {
  must(sameJson(printed(ran), states), `stdout must hold ${JSON.stringify(states)}: ${story(ran)}`);
}

/** The values of one column, sorted as numbers when they are. */
export function column(rows: readonly StoredRow[], name: string): (string | null)[] {
  return rows.map((row) => row[name] ?? null).sort((a, b) => Number(a) - Number(b) || (String(a) < String(b) ? -1 : 1));
}
