import type { Config, Settings } from '../../singer/index.ts';
import { ON_ERROR } from '../fault.ts';

/** The settings of `transform-records`; taps and targets take them too. */
export const transformSettings = {
  transforms: {
    type: 'object',
    description:
      'Rules by stream: a name, a pattern (`public-*`), or several separated by commas. See docs/transforms.md. The word `drop` removes a stream, `{}` lets it pass as it is.',
    examples: [{ customers: { fields: { email: ['trim', 'lower'] } } }],
  },
  keys: {
    type: 'object',
    description:
      'Secret keys by name, for operations that need one. A key has at least 32 characters and never stands in the settings itself.',
    examples: [{ pii: { env: 'PII_KEY' } }],
    members: {
      type: 'object',
      description: 'Where the key is.',
      properties: {
        env: { type: 'string', description: 'The environment variable that holds the key.' },
        file: { type: 'string', description: 'The file that holds the key.' },
        ephemeral: {
          type: 'boolean',
          description: 'A random key for this run only: nobody can link its tokens to those of another run.',
        },
      },
    },
  },
  vars: {
    type: 'object',
    description: "Free values that expressions read as `config['name']`.",
  },
  defaults: {
    type: 'object',
    description: 'What rules and operations take where they are not told otherwise.',
    properties: {
      on_error: {
        type: 'string',
        options: ON_ERROR,
        description: 'What becomes of a value that a cleaning operation cannot take.',
      },
      locale: { type: 'string', description: 'Language of names of months, countries and the like. `en` unless set.' },
      zone: { type: 'string', description: 'Time zone of times that name none. `UTC` unless set.' },
    },
  },
  quarantine: {
    type: 'object',
    description: 'Where records go that are put aside.',
    properties: {
      stream: {
        type: 'string',
        description:
          'Name of the stream that they become records of; `{stream}` is their own. `{stream}__quarantine` unless set.',
      },
      max: {
        type: ['integer', 'string'],
        description: 'More than so many (`100`), or than such a share of all records (`5%`), end the run.',
      },
      mask_personal: {
        type: 'boolean',
        description:
          'Hide, in the record that is kept, every field that a rule hides. True unless set to false, which keeps clear values.',
      },
    },
  },
} as const satisfies Settings;

export type TransformConfig = Config<typeof transformSettings>;

/** Those of which one must be there for rules to be applied. */
export const ruleSettings = ['transforms'] as const satisfies readonly (keyof typeof transformSettings)[];
