import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { mustSucceed } from '../expect.ts';
import type { Lab, RunOptions } from '../lab.ts';
import { line, messagesOf, recordLine, type Message } from '../messages.ts';
import type { Ran } from '../process.ts';
import type { Config } from '../subject.ts';
import { KEYS } from './ways.ts';

export const PEOPLE = 'check_people';
export const TOWNS = 'check_towns';

/** The value of `secret` in the person of this id: none of its length stands anywhere by chance. */
export const clear = (id: number): string => `clear-${id}@@-kept-from-all`;

/** The beginning of every `clear` value. */
export const CLEAR = /clear-\d+@@/;

/** The SCHEMA of one of the two streams; they have the same properties. */
export function schema(stream = PEOPLE, more: Readonly<Record<string, unknown>> = {}): string {
  return line({
    type: 'SCHEMA',
    stream,
    schema: {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        secret: { type: 'string', maxLength: 60 },
        amount: { type: ['null', 'number'] },
        at: { type: ['null', 'string'], format: 'date-time' },
      },
      required: ['id', 'secret'],
    },
    key_properties: ['id'],
    ...more,
  });
}

export function person(id: number): Readonly<Record<string, unknown>> {
  return { id, secret: clear(id), amount: id + 0.5, at: '2026-01-02T03:04:05Z' };
}

export function people(ids: readonly number[], stream = PEOPLE): string {
  return ids.map((id) => recordLine(stream, person(id))).join('');
}

/** A BATCH message of the SDK whose one file holds these people; the path of the file. */
export async function batch(lab: Lab, ids: readonly number[], stream = PEOPLE): Promise<{ message: string; path: string }> {
  const text = ids.map((id) => `${JSON.stringify(person(id))}\n`).join('');
  const path = await lab.file(`given-${randomUUID()}.jsonl.gz`, gzipSync(text));
  const encoding = { format: 'jsonl', compression: 'gzip' };
  return { message: line({ type: 'BATCH', stream, encoding, manifest: [pathToFileURL(path).href] }), path };
}

/** Runs the mapper with these settings, keys in its environment. */
export async function run(lab: Lab, settings: Config, input: string, options: RunOptions = {}): Promise<Ran> {
  const { config } = await lab.destination(settings);
  return lab.run({ config, input, milliseconds: 60_000, ...options, env: { ...KEYS, ...options.env } });
}

/** The same; it must succeed. */
export async function map(lab: Lab, settings: Config, input: string): Promise<{ ran: Ran; messages: Message[] }> {
  const ran = await run(lab, settings, input);
  mustSucceed(ran);
  return { ran, messages: messagesOf(ran) };
}
