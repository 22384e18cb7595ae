import { canonical, isObject, type Given } from './config-names.ts';
import type { Setting, Settings } from '../settings.ts';

/** What stands in a secret's place. */
export const MASK = '*****';

/** Takes secrets out of a text. */
export type Mask = (text: string) => string;

/**
 * Shorter values are not looked for: a secret of three characters protects nothing, and cutting it out of every log line
 * would make them unreadable.
 */
const SHORTEST = 4;

/** Names of undeclared settings whose values are secrets all the same. */
const SECRET_NAME = /passw|passphrase|secret|token|credential|private_?key|api_?key|access_?key|auth/i;

/** The password in `scheme://user:password@host`; the password may hold `@` and `:` unencoded, as people write it. */
const URL_PASSWORD = /([a-z][a-z\d+.-]*:\/\/[^\s/:@"']*:)([^\s"']+)(@)/gi;

/** Masks passwords in URLs, whosever they are. */
export const maskUrls: Mask = (text) => (text.includes('://') ? text.replace(URL_PASSWORD, `$1${MASK}$3`) : text);

/**
 * Masks these values wherever they stand: as they are, URL-encoded, escaped as in JSON, in base64, line by line when they
 * have several. URL passwords go too.
 */
export function createMask(secrets: Iterable<string>): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret)) if (form.length >= SHORTEST) forms.add(form);
  if (forms.size === 0) return maskUrls;
  // Longest first, so that a secret inside another one does not leave the rest of it.
  const ordered = [...forms].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(ordered.map((form) => form.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)).join('|'), 'g');
  return (text) => maskUrls(text.replace(pattern, MASK));
}

function* formsOf(secret: string): Generator<string> {
  yield secret;
  yield secret.trim();
  yield JSON.stringify(secret).slice(1, -1);
  // A lone surrogate has no URL encoding.
  const wellFormed = Buffer.from(secret).toString();
  for (const encoded of [
    encodeURIComponent(wellFormed),
    encodeURI(wellFormed),
    encodeURIComponent(wellFormed).replaceAll('%20', '+'),
  ]) {
    yield encoded;
    yield encoded.replaceAll(/%[\dA-F]{2}/g, (code) => code.toLowerCase());
  }
  if (secret.length >= SHORTEST) yield Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const lines = secret.split(/\r?\n/);
  // Short lines of a key file are its armour and say nothing.
  if (lines.length > 1) for (const line of lines) if (line.length >= 16 && !line.startsWith('-----')) yield line;
}

/**
 * Every secret in settings as given, checked or not: values of secret settings at any depth, of undeclared ones whose
 * name sounds like it, and passwords within URLs.
 */
export function secretsOf(settings: Settings, given: Given): Set<string> {
  const found = new Set<string>();
  inMembers(settings, given, found);
  return found;
}

function inMembers(settings: Settings, given: Given, found: Set<string>): void {
  for (const [name, value] of Object.entries(canonical(settings, given))) {
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    inValue(setting, name, value, found);
  }
}

function inValue(setting: Setting | undefined, name: string, value: unknown, found: Set<string>): void {
  if (setting?.secret || (setting === undefined && SECRET_NAME.test(name))) {
    addLeaves(value, found);
  } else if (setting?.namesData) {
    addAllUrlPasswords(value, found);
  } else if (typeof value === 'string') {
    addUrlPasswords(value, found);
    const inner = /^\s*[[{]/.test(value) ? fromJson(value) : undefined;
    if (inner !== undefined) inValue(setting, name, inner, found);
  } else if (Array.isArray(value)) {
    for (const item of value) inValue(setting?.items, name, item, found);
  } else if (isObject(value)) {
    if (setting?.properties !== undefined) inMembers(setting.properties, value, found);
    else for (const [member, inner] of Object.entries(value)) inValue(setting?.members, member, inner, found);
  }
}

function addAllUrlPasswords(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    const inner = /^\s*[[{]/.test(value) ? fromJson(value) : undefined;
    if (inner === undefined) addUrlPasswords(value, found);
    else addAllUrlPasswords(inner, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) addAllUrlPasswords(inner, found);
  }
}

function addUrlPasswords(text: string, found: Set<string>): void {
  for (const [, , password] of text.matchAll(URL_PASSWORD)) {
    found.add(password!);
    try {
      found.add(decodeURIComponent(password!));
    } catch {
      // Not URL-encoded: it stands in the text as it is, and that form is added.
    }
  }
}

function addLeaves(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    found.add(value);
    addUrlPasswords(value, found);
    const inner = /^\s*[[{]/.test(value) ? fromJson(value) : undefined;
    if (inner !== undefined) addLeaves(inner, found);
  } else if (typeof value === 'number') found.add(String(value));
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) addLeaves(inner, found);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON after all: the text itself has been looked at.
    return undefined;
  }
}
