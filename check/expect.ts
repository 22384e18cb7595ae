import { excerpt, type Ran } from './process.ts';

/** Throws with `evidence` unless `holds`. */
export function must(holds: boolean, evidence: string): asserts holds {
  if (!holds) throw new Error(evidence);
}

/** What a run did, for evidence. */
export function story(ran: Ran): string {
  return `exit code ${ran.code}, signal ${ran.signal}, stdout ${excerpt(ran.stdout.toString())}, stderr ${excerpt(ran.stderr)}`;
}

/** What a failure says, with the story in it cut down to the exit code and the last line that was logged. */
export function briefly(evidence: string): string {
  const told = /^(.*?):? ?\(?exit code (\S+), signal (\S+), stdout .*, stderr (".*"|\(nothing\))/s.exec(evidence);
  if (told === null) return evidence;
  const [, claim, code, signal, stderr = ''] = told;
  const said = stderr.startsWith('"') ? (JSON.parse(stderr) as string).split('\n').at(-1)! : 'nothing on stderr';
  return `${claim} (${code === 'null' ? `ended by ${signal}` : `exit code ${code}`}, ${said})`;
}

/** The run must have exited 0. */
export function mustSucceed(ran: Ran, what = 'the run'): void {
  must(ran.code === 0, `${what} should succeed: ${story(ran)}`);
}

/** The run must have exited non-zero by itself, with something said. */
export function mustFail(ran: Ran, what = 'the run'): void {
  must(ran.code !== 0 && ran.code !== null, `${what} should exit non-zero: ${story(ran)}`);
  must(ran.stderr.trim() !== '', `${what} should say why it failed: ${story(ran)}`);
}

/** No stack trace of Node or Python may be on stderr. */
export function mustNotTrace(ran: Ran): void {
  const trace = stderrLines(ran).find((line) => /^\s+at .+[:(]|^Traceback \(most recent|^node:internal/.test(line));
  must(trace === undefined, `a stack is printed (${trace ?? ''}): ${story(ran)}`);
}

/** Every text must be on stderr. */
export function mustSay(ran: Ran, texts: readonly string[]): void {
  for (const text of texts) must(ran.stderr.includes(text), `stderr should name ${JSON.stringify(text)}: ${story(ran)}`);
}

/** Non-empty lines of stderr. */
export function stderrLines(ran: { readonly stderr: string }): string[] {
  return ran.stderr.split('\n').filter((line) => line.trim() !== '');
}

/** Non-empty lines of stdout. */
export function stdoutLines(ran: { readonly stdout: Buffer }): string[] {
  return ran.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** Deep equality of JSON values, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** JSON text that is equal for values which differ in the order of keys only. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
