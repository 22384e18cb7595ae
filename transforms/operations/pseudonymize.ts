import { ExactNumber, type Json, type JsonSchema } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import type { Mac } from '../crypto/hmac.ts';
import { type Key, keyNamed } from '../keys.ts';
import { type AlsoStep, type ByteStep, defineOperation, type Field, type Step } from '../operation.ts';
import { isNullable, nullable, schemaLike } from '../schemas.ts';

/** Fewer bits than this, and two people may get one token, or the token may be found by trying. */
const LEAST_BITS = 128;
/** Those of int63. With fewer, tables of a usual size have two keys with one token. */
const LEAST_KEY_BITS = 63;

const QUOTE = 0x22;

const NORMAL: Readonly<Record<'nfc' | 'trim' | 'lower', (text: string) => string>> = {
  nfc: (text) => text.normalize('NFC'),
  trim: (text) => text.trim(),
  lower: (text) => text.toLowerCase(),
};

export default defineOperation({
  name: 'pseudonymize',
  group: 'privacy',
  summary:
    'Puts a token in place of the value, made with a secret key: equal values get equal tokens, and nobody without the key can tell which.',
  notes: [
    'The token is HMAC-SHA256 of the domain (its length in bytes, a colon, its name) and the value as text. A number is its shortest decimal, so that 7, 7.0 and "7" have one token; an object is its JSON with members in the order of their names.',
    'This is pseudonymisation: whoever holds the key can tell by trying who is meant, so the data stay personal data there.',
    'Null stays null. A key property without a value is refused, because all such rows would be taken for one.',
    'To change a key, give the old and the new one in a list and write both tokens for a while: `{ "pseudonymize": { "key": "pii.2026", "also": { "email_v2": "2027" } } }`.',
  ],
  parameters: {
    key: { type: 'string', description: 'The name of the key in the setting `keys`; may be left out if there is only one.' },
    domain: {
      type: 'string',
      description:
        'Fields of one domain get equal tokens for equal values, so that their tables can be joined; those of different domains cannot be. Default: `stream.field`, which joins with nothing else.',
      examples: ['email'],
    },
    normalize: {
      type: 'array',
      items: { type: 'string', options: ['nfc', 'trim', 'lower'], description: 'One of `nfc`, `trim`, `lower`.' },
      description:
        'What is done to a text before, so that two spellings get one token: `nfc`, `trim`, `lower`. Nothing unless set.',
      examples: [['nfc', 'trim', 'lower']],
    },
    encoding: {
      type: 'string',
      options: ['hex', 'base64url', 'uuid', 'int63'],
      default: 'hex',
      description:
        'How the token is written: `hex` or `base64url` digits, a `uuid` (of the version 8, for columns of that type), or `int63`, a whole number of 63 bits for columns of numbers.',
    },
    length: {
      type: 'integer',
      minimum: 4,
      description:
        'Digits of the token, for `hex` (32 unless set, 64 at most) and `base64url` (22, 43 at most), without the prefix.',
    },
    short: {
      type: 'string',
      options: ['ok'],
      description: 'Allows tokens of fewer than 128 bits: two values may then get one token.',
    },
    prefix: { type: 'string', description: 'Stands before the token, as a mark of what it is: `cus_`.' },
    empty: {
      type: 'string',
      options: ['token', 'keep', 'null'],
      default: 'token',
      description: 'What becomes of an empty text: a token like any other, the empty text itself, or null.',
    },
    also: {
      type: 'object',
      members: { type: 'string', description: 'A key: its id in the list, its name, or `new` for the newest.' },
      description: 'New fields that get the token by another key, for the time of a change of keys.',
      examples: [{ email_v2: '2027' }],
    },
  },
  main: 'key',
  privacy: 'pseudonym',
  examples: [
    {
      step: { pseudonymize: { domain: 'email', normalize: ['trim', 'lower'] } },
      input: ' Ada@example.org',
      output: '0fcd2e1515450377714c38fb6f9d527f',
    },
    { step: { pseudonymize: { encoding: 'base64url', prefix: 'p_' } }, input: 'Ada', output: 'p_tXAITbK8bW2MbqgFi_JIf5' },
    { step: { pseudonymize: { encoding: 'uuid' } }, input: 'Ada', output: 'b570084d-b2bc-8d6d-8c6e-a8058bf2487f' },
    { step: 'pseudonymize', input: null, output: null },
  ],
  prepare(parameters, field): Step {
    const { also = {}, empty, key: name } = parameters;
    const key = keyNamed(name, field);
    const encoding = encodingOf(parameters, field);
    if (empty === 'null' && field.isKey) field.problem('a key cannot become null', 'empty');
    const schema = schemaOf(field.schema, parameters.encoding, empty === 'null');
    if (key === undefined) return { schema, apply: refuse };
    const normalize = normalizerOf(parameters.normalize);
    const domain = parameters.domain ?? `${field.stream}.${field.path}`;
    const tokenBy = (key: Key): ((value: Json | undefined) => Json) => {
      const mac = key.mac(domain);
      return (value) => {
        const text = typeof value !== 'string' ? canonicalOf(value!) : normalize === undefined ? value : normalize(value);
        if (text === '' && empty !== 'token') return empty === 'null' ? null : '';
        return encoding.of(mac.digest(text));
      };
    };
    const others = Object.entries(also).map(([name, given]): AlsoStep | undefined => {
      const other = otherKey(given, key, field, name);
      return other && { name, schema: nullable(schema), keyId: other.id, apply: tokenBy(other) };
    });
    const known = others.filter((one) => one !== undefined);
    const { hexDigits } = encoding;
    const isPlain = hexDigits !== undefined && normalize === undefined && empty === 'token';
    return {
      schema,
      keyId: key.id,
      apply: tokenBy(key),
      ...(isPlain ? { bytes: hexTokens(key.mac(domain), hexDigits, parameters.prefix) } : {}),
      ...(known.length > 0 ? { also: known } : {}),
    };
  },
});

/** Of a field whose parameters are wrong: the run does not start. */
function refuse(): never {
  throw new Error('The parameters are wrong');
}

function otherKey(given: string, key: Key, field: Field, name: string): Key | undefined {
  const [family = ''] = key.id.split('.');
  const { keys } = field;
  const other =
    keys.find(`${family}.${given}`) ??
    (given === 'new' ? keys.find(family) : undefined) ??
    keyNamed(given, field, `also.${name}`);
  if (other !== key) return other;
  field.problem(`would be the same token: say which older key the field itself is for, key: ${family}.ID`, `also.${name}`);
  return undefined;
}

interface Format {
  readonly encoding: 'hex' | 'base64url' | 'uuid' | 'int63';
  readonly length?: number | undefined;
  readonly short?: 'ok' | undefined;
  readonly prefix?: string | undefined;
}

/** Digits of the texts: bits of one, how many there are, and how many are used unless told otherwise. */
const DIGITS = { hex: { bits: 4, most: 64, usual: 32 }, base64url: { bits: 6, most: 43, usual: 22 } } as const;

interface Encoding {
  of(digest: Buffer): Json;
  /** How many hexadecimal digits of the digest the token is, after its prefix; undefined if it is written in another way. */
  readonly hexDigits?: number;
}

function encodingOf({ encoding, length, prefix = '', short }: Format, field: Field): Encoding {
  if (encoding === 'uuid' || encoding === 'int63') {
    if (length !== undefined) field.problem(`means nothing for ${encoding}`, 'length');
    if (prefix !== '') field.problem(`cannot stand before ${encoding}`, 'prefix');
    return { of: encoding === 'uuid' ? uuidOf : int63Of };
  }
  const { bits, most, usual } = DIGITS[encoding];
  const digits = length ?? usual;
  if (digits > most) field.problem(`must be at most ${most} for ${encoding}`, 'length');
  if (digits * bits < LEAST_BITS && short !== 'ok') {
    field.problem(`must be at least ${Math.ceil(LEAST_BITS / bits)} for ${encoding}, or short: ok must allow fewer`, 'length');
  } else if (digits * bits < LEAST_KEY_BITS && field.isKey) {
    const least = Math.ceil(LEAST_KEY_BITS / bits);
    field.problem(`must be at least ${least} for ${encoding} of a key: different rows would become one`, 'length');
  }
  const bytes = Math.ceil((digits * bits) / 8);
  const isWhole = bytes * 8 === digits * bits;
  return {
    of: (digest) => {
      const text = digest.toString(encoding, 0, bytes);
      return isWhole ? prefix + text : prefix + text.slice(0, digits);
    },
    ...(encoding === 'hex' ? { hexDigits: digits } : {}),
  };
}

/** Tokens of hexadecimal digits, from bytes to bytes. */
function hexTokens(mac: Mac, digits: number, prefix = ''): ByteStep {
  const before = Buffer.from(JSON.stringify(prefix).slice(0, -1));
  const size = before.length + digits + 1;
  return {
    most: () => size,
    write(bytes, start, end, out, at) {
      for (let i = 0; i < before.length; i++) out[at++] = before[i]!;
      mac.writeHex(bytes, start, end, digits, out, at);
      out[at + digits] = QUOTE;
      return at + digits + 1;
    },
  };
}

/** RFC 9562: the version 8 is for values of one's own making. */
function uuidOf(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function int63Of(bytes: Buffer): Json {
  const token = bytes.readBigUInt64BE(0) >> 1n;
  return token <= Number.MAX_SAFE_INTEGER ? Number(token) : new ExactNumber(String(token));
}

function schemaOf(like: JsonSchema, encoding: Format['encoding'], mayBeNull: boolean): JsonSchema {
  const schema = schemaLike(like, encoding === 'int63' ? 'integer' : 'string', encoding === 'uuid' ? { format: 'uuid' } : {});
  return mayBeNull && !isNullable(schema) ? nullable(schema) : schema;
}

/** In the order in which they make sense, whatever the order in which they are given. */
function normalizerOf(given: readonly ('nfc' | 'trim' | 'lower')[] = []): ((text: string) => string) | undefined {
  const [first, ...others] = (['nfc', 'trim', 'lower'] as const)
    .filter((name) => given.includes(name))
    .map((name) => NORMAL[name]);
  if (first === undefined) return undefined;
  return others.length === 0 ? first : (text) => others.reduce((text, change) => change(text), first(text));
}
