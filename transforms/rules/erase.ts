import { createHmac, randomBytes } from 'node:crypto';
import { type Config, type Json, nearest } from '../../singer/index.ts';
import { Eraser } from '../../privacy/eraser.ts';
import { propertiesOf, withProperties } from '../engine/shape.ts';
import { type Hmac, Ledger, type Names } from '../erasure/ledger.ts';
import { readRequests, requestFiles } from '../erasure/request-files.ts';
import { erasedSchema, eraseValue } from '../erasure/values.ts';
import type { Fields } from '../operation.ts';
import { namesIn, placesNamed, readerOf, readersOf, tellUnknown } from '../places.ts';
import { type Place, placesOf, splitPatterns, withSchemaAt, withValueAt } from '../path.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';
import { asListed, nullable } from '../schemas.ts';

const PROPERTIES = {
  match: {
    type: 'object',
    required: true,
    description:
      'How records name people: fields of this stream, and the field of a request that each is compared with. One that is equal is enough.',
    members: { type: 'string', description: "The request's field." },
  },
  fields: {
    type: ['array', 'string'],
    required: true,
    description: 'The fields that are erased: names, paths and patterns.',
    items: { type: 'string', description: 'A field.' },
  },
  ledger: {
    type: 'string',
    description:
      'File that keeps the requests from run to run, as hashes alone. Without it only the requests of this run are known.',
  },
  key: { type: 'string', description: 'Name of the key for the ledger. `ledger` unless set, or the only key that there is.' },
  requests_stream: {
    type: 'string',
    default: 'erasure_requests',
    description: 'Stream whose records are requests, as they are after its fields and checks. It must come before this one.',
  },
  requests: {
    type: 'string',
    description: 'File with requests, or a pattern for several (`raw/**/requests.json.gz`): CSV with a header or JSON lines.',
  },
  dates: {
    type: 'string',
    options: ['year', 'null'],
    default: 'year',
    description: 'What stays of dates: the first day of their year, or null.',
  },
} as const;

export default defineRule({
  name: 'erase',
  summary: 'Erases what is known of people who have asked for it: their fields get values of the same shape that say nothing.',
  notes: [
    'Letters become letters and digits digits, an e-mail address a token at erased.invalid, a date the first day of its year, in texts, numbers, objects and lists. The key of the replacement is made for the run and kept nowhere.',
    'Requests name a person by an id, an e-mail address, or both: addresses are compared without regard to case. A request by address alone is known by the id, too, once a record with that address has come: its other streams are reached from then on.',
    'An address has to be one (with an @): its pseudonym is compared as an id is, and leads to no other name of the person. So ids may be pseudonyms here, addresses should not.',
    'The ledger has a line of JSON for each request: hashes (HMAC-SHA256) of the id and address, when it came first, and how many records were erased. It is written before anything that depends on it is sent. With another key nobody in it would be known again, so that is refused.',
    'A record that comes before its request has passed: see `erasures` of target-postgres for rows that are there already.',
    'Fields that are erased are hidden in the quarantine, whoever the record is about. Key properties cannot be erased.',
  ],
  setting: { type: 'object', description: 'Whom and what to erase.', properties: PROPERTIES },
  examples: [
    {
      rules: {
        erase: { match: { id: 'customer_id', email: 'email' }, fields: ['email', 'born'], requests_stream: 's' },
      },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          email: { type: ['string', 'null'] },
          born: { type: ['string', 'null'], format: 'date' },
          customer_id: { type: ['integer', 'null'] },
        },
      },
      input: [{ customer_id: 7 }, { id: 7, email: null, born: '1984-03-12' }, { id: 8, email: null, born: '1984-03-12' }],
      output: [{ customer_id: 7 }, { id: 7, email: null, born: '1984-01-01' }, { id: 8, email: null, born: '1984-03-12' }],
    },
  ],
  watches(options) {
    const fields = Object.values(options.match);
    return [
      {
        stream: options.requests_stream,
        prepare(shape, context) {
          const ledger = ledgerOf(options, context);
          ledger.namedBy(fields);
          readersOf(fields, shape, context);
          const read = requestReader(shape, context);
          return (record) => ledger.request(ledger.fields.map((field) => [field, read(record, field)] as const));
        },
      },
    ];
  },
  check(options, context) {
    const { key, ledger, match, requests } = options;
    if (Object.keys(match).length === 0) context.problem('must say how records name people', 'match');
    if (ledger !== undefined) hmacOf(key, context);
    if (requests !== undefined) requestFiles(requests, (message) => context.problem(message, 'requests'));
  },
  prepare(options, shape, context) {
    const names = Object.entries(options.match);
    const readers = names.flatMap(([field, asked]) =>
      readersOf([field], shape, context, 'match').map((read) => [asked, read] as const),
    );
    const places = erasedPlaces(options, shape, context);
    const ledger = ledgerOf(options, context);
    ledger.namedBy(Object.values(options.match));
    readFiles(options, ledger, context);
    const eraser = context.shared(`eraser ${options.dates}`, () => new Eraser(options.dates));
    return {
      shape: erasedShape(shape, places, options.dates === 'null'),
      hides: places.map(({ name }) => name),
      apply(record) {
        const person: Names = readers.map(([asked, read]) => [asked, read(record)] as const);
        if (!ledger.asks(person, context.stream)) return true;
        context.count('erased');
        for (const { name, schema, steps, text } of places) {
          const before = record.get(name);
          if (before === undefined) continue;
          const erased = (value: Json | undefined): Json | undefined =>
            value === undefined ? undefined : eraseValue(eraser, value, schema, text);
          // Where the way goes on, but the value is of another kind, all of it goes.
          const after = withValueAt(before, steps, erased, (value) => eraseValue(eraser, value, {}, text));
          if (after !== undefined) record.set(name, after);
        }
        return true;
      },
    };
  },
});

type Options = Config<typeof PROPERTIES>;

function erasedPlaces({ fields }: Options, shape: Shape, context: RuleContext): Place[] {
  return namesIn(fields)
    .flatMap(splitPatterns)
    .flatMap((pattern) => {
      const places = placesOf(pattern, shape);
      if (places.length === 0) tellUnknown(pattern, shape, context, 'fields');
      for (const { name, text } of places) {
        if (shape.keys.includes(name))
          context.problem(`${text} is a key property, which has to stay to find the row again`, 'fields');
      }
      return places;
    });
}

function erasedShape(shape: Shape, places: readonly Place[], nulls: boolean): Shape {
  return places.reduce((before, { name, steps }) => {
    const properties = propertiesOf(before);
    const changed = withSchemaAt(properties[name]!, steps, (schema) => {
      const erased = erasedSchema(schema);
      return asListed(nulls && isDate(erased) ? nullable(erased) : erased);
    });
    return withProperties(before, { ...properties, [name]: changed });
  }, shape);
}

function isDate({ format }: Readonly<Record<string, unknown>>): boolean {
  return format === 'date' || format === 'date-time';
}

/** Reads fields of requests, those too by which other rules that share the ledger know people; one that is not there is undefined. */
function requestReader(shape: Shape, context: RuleContext): (record: Fields, field: string) => Json | undefined {
  const readers = new Map<string, ((record: Fields) => Json | undefined) | undefined>();
  return (record, field) => {
    if (!readers.has(field)) {
      const [place] = placesNamed(field, shape, context);
      readers.set(field, place === undefined ? undefined : readerOf(place));
    }
    return readers.get(field)?.(record);
  };
}

/** The ledger of a file, shared by all rules that name it; without a file, that of the run. */
function ledgerOf({ key: name, ledger: path }: Options, context: RuleContext): Ledger {
  const hmac = path === undefined ? temporaryHmac() : hmacOf(name, context);
  if (hmac === undefined) return new Ledger(temporaryHmac(), undefined);
  return context.shared(`erasure ledger ${path ?? ''}`, () => {
    const ledger = new Ledger(hmac, path);
    const problem = ledger.load();
    if (problem !== undefined) context.problem(problem, 'ledger');
    if (context.rehearsal) return ledger;
    context.beforeSend(() => ledger.save());
    context.onClose(async () => {
      await ledger.finish();
      const { known, pending, requests } = ledger.counts();
      const facts = { known, requests, pending, ...(path === undefined ? {} : { ledger: path }) };
      if (known > 0) context.log.info('Erasure requests', facts);
    });
    return ledger;
  });
}

/** Undefined if there is no such key, which was told. */
function hmacOf(name: string | undefined, context: RuleContext): Hmac | undefined {
  const { keys } = context;
  const key = keys.find(name ?? (keys.names.includes('ledger') ? 'ledger' : undefined));
  if (key !== undefined) return (domain, text) => key.mac(domain).digest(text);
  const near = name === undefined ? undefined : nearest(name, keys.names);
  const wanted =
    name === undefined ? 'the ledger needs a secret key: name one of them ledger in the setting keys' : `there is no key ${name}`;
  context.problem(`${wanted}${near === undefined ? '' : `; did you mean ${near}?`}`, 'key');
  return undefined;
}

function temporaryHmac(): Hmac {
  const secret = randomBytes(32);
  return (domain, text) => createHmac('sha256', secret).update(`${domain.length}:${domain}`).update(text).digest();
}

function readFiles({ match, requests }: Options, ledger: Ledger, context: RuleContext): void {
  if (requests === undefined) return;
  const fields = Object.values(match);
  context.shared(`erasure requests ${JSON.stringify([requests, fields])}`, () => {
    const rows = readRequests(requests, (message) => context.problem(message, 'requests'));
    for (const row of rows)
      ledger.request(fields.map((field) => [field, Object.hasOwn(row, field) ? row[field] : undefined] as const));
    return true;
  });
}
