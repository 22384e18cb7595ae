import { nearest } from '../singer/index.ts';
import type { Mac } from './crypto/hmac.ts';
import type { Field } from './operation.ts';

/** A secret key for keyed operations. Its bytes stay in here. */
export interface Key {
  /** Names the key in annotations and reports: `pii`, or `pii.2026` if the config gives several keys of that name. Says nothing of its bytes. */
  readonly id: string;
  /** 8 hexadecimal digits of an HMAC of the key, for people who compare two machines. For the log and `--check` alone. */
  readonly fingerprint: string;
  /**
   * HMAC-SHA256 of texts for a purpose: equal for equal texts in the same domain, in every run and on every machine; unrelated
   * between domains.
   */
  mac(domain: string): Mac;
}

/** The keys of a run. */
export interface Keys {
  /** The names of the configured keys. */
  readonly names: readonly string[];
  /**
   * The key of that name; the newest if the config gives several, one of them as `name.id`; the only one if no name is given. Undefined if
   * there is no such key, or several and no name.
   */
  find(name: string | undefined): Key | undefined;
}

/** The key that an operation's parameter names. Tells `field` if there is none. */
export function keyNamed(name: string | undefined, field: Field, at = 'key'): Key | undefined {
  const { names } = field.keys;
  const key = field.keys.find(name);
  if (key !== undefined) return key;
  if (names.length === 0) field.problem('needs a secret key, and the setting keys has none: { "pii": { "env": "PII_KEY" } }', at);
  else if (name === undefined) field.problem(`must name one of the keys: ${names.join(', ')}`, at);
  else {
    const near = nearest(name, names);
    field.problem(`there is no key ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
  }
  return undefined;
}
