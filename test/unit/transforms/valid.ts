import { expect } from 'vitest';
import { isJsonObject, stripExact } from '../../../singer/index.ts';
import { createValidator } from '../../../singer/target/validate.ts';
import type { Transformed } from './run.ts';

/** Every record that comes out is valid by the SCHEMA that came out before it. */
export function expectValid({ messages }: Pick<Transformed, 'messages'>): void {
  const compile = createValidator();
  const validators = new Map<string, ReturnType<typeof compile>>();
  for (const message of messages) {
    const { schema, stream = '' } = message;
    if (isJsonObject(schema)) validators.set(stream, compile(schema, stream));
    if (message.type !== 'RECORD') continue;
    const violation = validators.get(message.stream!)!(stripExact(message['record']!));
    expect(violation, `${message.stream}: ${JSON.stringify(message['record'])}`).toBeUndefined();
  }
}
