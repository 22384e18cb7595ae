import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { derivations } from '../../../transforms/derivations/index.ts';
import { operations } from '../../../transforms/operations/index.ts';
import type { RuleExample } from '../../../transforms/rule.ts';
import { rules } from '../../../transforms/rules/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

/** SHA-256 of "the key of the examples". */
process.env['TAPLINE_EXAMPLE_KEY'] = '8bf16a28006f6e18b833f5d2bb962f399c49a0d4fe4bf72544f285e250453edc';
const KEYS = { example: { env: 'TAPLINE_EXAMPLE_KEY' } };

describe.each(await operations.all())('the examples of $name', (operation) => {
  test.each(operation.examples)('$step makes of $input: $output', async ({ step, schema, input, output }) => {
    const config = { keys: KEYS, transforms: { s: { fields: { value: step } } } };
    const result = await transform(config, [
      schemaOf('s', { value: (schema ?? { type: ['string', 'null'] }) as JsonObject }),
      recordOf('s', { value: input }),
    ]);
    if (output === undefined) expect(result.records('s')).toEqual([]);
    else expect(result.records('s')).toEqual([{ value: output }]);
    expectValid(result);
  });

  test('there are some', () => expect(operation.examples.length).toBeGreaterThan(0));
});

describe.each([...(await rules.all()), ...(await derivations.all())])('the examples of $name', ({ examples }) => {
  test.each(examples)('$rules', async (example) => {
    const result = await runExample(example);
    expect(result.messages.filter(({ type }) => type === 'RECORD').map(({ record }) => record)).toEqual(example.output);
    expectValid(result);
  });

  test('there are some', () => expect(examples.length).toBeGreaterThan(0));
});

function runExample({ rules, schema, keys, input }: RuleExample): Promise<Transformed> {
  return transform({ keys: KEYS, transforms: { s: rules } }, [
    { type: 'SCHEMA', stream: 's', schema: schema as JsonObject, key_properties: keys ?? [] },
    ...input.map((record) => recordOf('s', record)),
  ]);
}
