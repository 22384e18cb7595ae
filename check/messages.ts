import { must, stdoutLines } from './expect.ts';
import { excerpt, type Ran } from './process.ts';

/** A message as it came, with the fields that checks look at. */
export interface Message {
  readonly type: string;
  readonly stream?: string;
  readonly record?: Readonly<Record<string, unknown>>;
  readonly schema?: Schema;
  readonly key_properties?: readonly string[];
  readonly bookmark_properties?: readonly string[];
  readonly value?: unknown;
  readonly version?: number;
  readonly time_extracted?: string;
}

export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly selected?: boolean;
  readonly [keyword: string]: unknown;
}

/** True for what says of what type of message it is; its other members are looked at by who reads them. */
export function isMessage(value: unknown): value is Message {
  return isObject(value) && typeof value['type'] === 'string';
}

/** The messages on stdout of a tap. Throws when a line is no message. */
export function messagesOf(ran: Pick<Ran, 'stdout'>): Message[] {
  return stdoutLines(ran).map((line, index) => {
    const value = parse(line);
    must(isMessage(value), `stdout line ${index + 1} is no message: ${excerpt(line, 200)}`);
    return value;
  });
}

export function recordsOf(messages: readonly Message[], stream?: string): Message[] {
  return messages.filter((message) => message.type === 'RECORD' && (stream === undefined || message.stream === stream));
}

export function statesOf(messages: readonly Message[]): unknown[] {
  return messages.filter((message) => message.type === 'STATE').map((message) => message.value);
}

/** The bookmarks in a state value, by stream. */
export function bookmarksOf(state: unknown): Readonly<Record<string, unknown>> {
  const bookmarks = isObject(state) ? state['bookmarks'] : undefined;
  return isObject(bookmarks) ? bookmarks : {};
}

/** One message as a line. */
export function line(message: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(message)}\n`;
}

/** A SCHEMA line. Types by property: `'integer'` or a whole schema. */
export function schemaLine(stream: string, properties: Readonly<Record<string, unknown>>, keys: readonly string[] = []): string {
  const schemas = Object.entries(properties).map(([name, type]) => [
    name,
    typeof type === 'string' ? { type: ['null', type] } : type,
  ]);
  return line({
    type: 'SCHEMA',
    stream,
    schema: { type: 'object', properties: Object.fromEntries(schemas) },
    key_properties: keys,
  });
}

export function recordLine(stream: string, record: Readonly<Record<string, unknown>>): string {
  return line({ type: 'RECORD', stream, record, time_extracted: '2026-01-02T03:04:05.000000Z' });
}

export function stateLine(value: unknown): string {
  return line({ type: 'STATE', value });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parsed text, or undefined when it is not JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
