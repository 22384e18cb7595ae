import { isObject } from './config-names.ts';
import type { SettingType } from '../settings.ts';

/** A value in the wanted type, or what is wrong with it. */
export type Cast = { readonly value: unknown } | { readonly fault: string };

/**
 * Brings a value to a type. Text is accepted for every type, because environment variables and Meltano give text; a
 * number is accepted for text, because YAML makes one of an unquoted password.
 */
export function cast(type: SettingType, value: unknown): Cast {
  return CASTS[type](value);
}

/** How a message calls a type. */
export const TYPE_NAMES: Readonly<Record<SettingType, string>> = {
  string: 'text',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y']);
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n']);

const CASTS: Readonly<Record<SettingType, (value: unknown) => Cast>> = {
  string(value) {
    if (typeof value === 'string') return { value };
    if (typeof value !== 'number') return wrong('string', value);
    // The file's digits are already lost in such a number, so its text would not be what was written.
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return { fault: 'is too long a number for text: put it in quotes' };
    return { value: String(value) };
  },
  integer(value) {
    const number = toNumber(value, /^\s*[+-]?\d+\s*$/);
    return number !== undefined && Number.isSafeInteger(number) ? { value: number } : wrong('integer', value);
  },
  number(value) {
    const number = toNumber(value, /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/);
    return number !== undefined && Number.isFinite(number) ? { value: number } : wrong('number', value);
  },
  boolean(value) {
    if (typeof value === 'boolean') return { value };
    const word = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : '';
    if (TRUE.has(word)) return { value: true };
    return FALSE.has(word) ? { value: false } : wrong('boolean', value);
  },
  array(value) {
    const given = typeof value === 'string' ? parsed(value) : value;
    return Array.isArray(given) ? { value: given } : wrong('array', value);
  },
  object(value) {
    const given = typeof value === 'string' ? parsed(value) : value;
    return isObject(given) ? { value: given } : wrong('object', value);
  },
};

function toNumber(value: unknown, pattern: RegExp): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && pattern.test(value) ? Number(value) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: the caller says which type was wanted.
    return undefined;
  }
}

function wrong(type: SettingType, value: unknown): Cast {
  const asJson = typeof value === 'string' && (type === 'array' || type === 'object') ? ' (as JSON text)' : '';
  return { fault: `must be ${TYPE_NAMES[type]}${asJson}, but is ${kindOf(value)}` };
}

/** Names the kind of a value; never shows it. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'empty';
  return (
    { string: 'text', number: 'a number', boolean: 'true or false', object: 'an object' }[typeof value as string] ?? typeof value
  );
}
