import { ConfigError, type Problem } from '../errors.ts';
import type { Config, Settings } from '../settings.ts';

export const flattenSettings = {
  flattening_enabled: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Make columns of the members of nested objects: {"a": {"b": 1}} fills a__b. Costs speed: such records are read whole. Objects without named properties, and arrays, stay JSON.',
  },
  flattening_max_depth: {
    type: 'integer',
    minimum: 0,
    perStream: true,
    description: 'Levels of nested objects that are flattened; what lies deeper stays JSON. Required with flattening_enabled.',
  },
  flattening_separator: {
    type: 'string',
    default: '__',
    perStream: true,
    description: 'Text between the names that make up the name of a flattened column.',
  },
  flattening_max_key_length: {
    type: 'integer',
    default: 255,
    minimum: 16,
    perStream: true,
    description:
      'Longest name of a flattened column, in bytes. A longer one is cut and ends in a hash of the names it was made of.',
  },
} as const satisfies Settings;

export interface FlattenOptions {
  /** Levels below the record that are flattened. */
  readonly maxDepth: number;
  readonly separator: string;
  /** In bytes of UTF-8. */
  readonly maxNameBytes: number;
}

/** What the settings ask for; undefined if nothing. Throws ConfigError if flattening is on and no depth is given. */
export function flattenOptions(config: Config<typeof flattenSettings>): FlattenOptions | undefined {
  if (!config.flattening_enabled) return undefined;
  const problems = flattenProblems([config]);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    maxDepth: config.flattening_max_depth!,
    separator: config.flattening_separator,
    maxNameBytes: config.flattening_max_key_length,
  };
}

/** What is wrong with the target's settings and those of single streams, taken together. */
export function flattenProblems(configs: readonly object[]): Problem[] {
  const given = configs as readonly Partial<Config<typeof flattenSettings>>[];
  const isOn = given.some((config) => config.flattening_enabled === true);
  if (!isOn || given.some((config) => config.flattening_max_depth !== undefined)) return [];
  return [{ path: 'flattening_max_depth', message: 'is required when flattening_enabled is true' }];
}
