import {
  type Answer,
  type Ask,
  ConfigError,
  isJsonObject,
  type Json,
  type JsonObject,
  type Run,
  stringifyExact,
} from '../../singer/index.ts';
import { parseMessage, type Place, wholeLines } from '../../singer/mapper/index.ts';
import { loadRules } from '../config/index.ts';
import type { TransformConfig } from '../config/settings.ts';
import { resolveRules, type RuleSet } from '../engine/rule-set.ts';
import { shapeOf } from '../engine/shape.ts';
import { asFault, compileWay, type WaySink } from '../engine/way.ts';
import { quietOptions } from '../engine/quiet.ts';

/** Records of each stream that are shown. */
const RECORDS = 3;
const MAX_LINE_BYTES = 1 << 24;

/** What one rule made of a record. */
interface Step {
  readonly rule: string;
  /** Records that came out, with their stream. */
  readonly out: readonly { readonly stream: string; readonly record: JsonObject }[];
  /** Why the record did not go on. */
  readonly fault?: string;
}

interface Explained {
  readonly stream: string;
  readonly record: JsonObject;
  readonly steps: readonly Step[];
}

/**
 * `--explain`: shows what each rule makes of the first records of the input, which is shown in clear. The order of the rules is that in
 * which they run.
 */
export async function explain(
  config: TransformConfig,
  run: Run,
  { format, input }: Pick<Ask, 'format' | 'input'>,
): Promise<Answer> {
  const rules = await loadRules(config, run);
  const explained: Explained[] = [];
  for await (const { stream, schema, record } of samples(input))
    explained.push(await explainRecord(rules, stream, schema, record));
  if (explained.length === 0) {
    throw new ConfigError([
      { path: '--explain', message: 'there is no record in the input: give messages on stdin or with --input FILE' },
    ]);
  }
  const text =
    format === 'json' ? stringifyExact(JSON.parse(JSON.stringify(explained)) as Json) : explained.map(textOf).join('\n\n');
  return { text, ok: explained.every(({ steps }) => steps.every(({ fault }) => fault === undefined)) };
}

async function* samples(
  input: AsyncIterable<Buffer>,
): AsyncGenerator<{ stream: string; schema: JsonObject; record: JsonObject }> {
  const place: Place = { line: 0, file: undefined };
  const schemas = new Map<string, JsonObject>();
  const seen = new Map<string, number>();
  for await (const { bytes, start, end } of wholeLines(input, MAX_LINE_BYTES, place)) {
    for (const line of bytes.toString('utf8', start, end).split('\n')) {
      place.line++;
      if (line.trim() === '') continue;
      const message = parseMessage(Buffer.from(line), place);
      const { record, stream, type } = message;
      if (typeof stream !== 'string') continue;
      if (type === 'SCHEMA') schemas.set(stream, message);
      const count = (seen.get(stream) ?? 0) + 1;
      const schema = schemas.get(stream);
      if (type !== 'RECORD' || !isJsonObject(record) || schema === undefined || count > RECORDS) continue;
      seen.set(stream, count);
      yield { stream, schema, record };
    }
  }
}

async function explainRecord(rules: RuleSet, stream: string, schema: JsonObject, record: JsonObject): Promise<Explained> {
  const found = resolveRules(rules, stream);
  const shape = shapeOf(schema, stream);
  if (found === undefined || shape === undefined) return { stream, record, steps: [] };
  if (found.kind === 'removed') return { stream, record, steps: [{ rule: 'drop', out: [] }] };
  const steps: Step[] = [];
  for (let count = 1; count <= found.calls.length; count++) {
    // Each time from the beginning, with nothing kept: what rules remember of a record must not meet it again.
    const options = quietOptions(rules);
    const way = compileWay(shape, found, options, count);
    const out: { stream: string; record: JsonObject }[] = [];
    const told = (error: unknown): string => {
      const fault = asFault(error);
      if (fault === undefined) throw error;
      return `${fault.field === undefined ? '' : `${fault.field}: `}${fault.message} (${fault.policy})`;
    };
    let refused: string | undefined;
    const sink: WaySink = {
      record: (record) => void out.push({ stream: way.shape.stream, record: record.toObject() }),
      child: (stream, record) => void out.push({ stream, record }),
      refused: (error) => (refused = told(error)),
      rest: () => '{}',
    };
    const rule = found.calls[count - 1]!.path;
    try {
      way.view.load(record);
      way.run(sink);
      // Nothing is kept for a next run here.
      for (const _ of way.flush(sink, false));
    } catch (error) {
      refused = told(error);
    } finally {
      await options.close();
    }
    // A part of a rule that only prepares for it is no step of its own.
    const prepares = found.calls.findLastIndex(({ path }) => path === rule) >= count;
    if (prepares && refused === undefined) continue;
    steps.push({ rule, out, ...(refused === undefined ? {} : { fault: refused }) });
    if (refused !== undefined) break;
  }
  return { stream, record, steps };
}

function textOf({ stream, record, steps }: Explained): string {
  const lines = [`${stream} ${stringifyExact(record)}`];
  if (steps.length === 0) lines.push('  no rules: it passes as it is');
  let before = `${stream} ${stringifyExact(record)}`;
  for (const { rule, out, fault } of steps) {
    const after = out.map(({ stream, record }) => `${stream} ${stringifyExact(record)}`);
    if (fault !== undefined) lines.push(`  ${rule}: REFUSED ${fault}`);
    else if (after.length === 0) lines.push(`  ${rule}: nothing goes on`);
    else if (after.length === 1 && after[0] === before) lines.push(`  ${rule}: no change`);
    else lines.push(`  ${rule}:`, ...after.map((text) => `    ${text}`));
    before = after[0] ?? before;
  }
  return lines.join('\n');
}
