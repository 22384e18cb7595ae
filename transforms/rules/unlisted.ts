import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '../../singer/index.ts';
import { openShape, propertiesOf } from '../engine/shape.ts';
import { RecordFault } from '../fault.ts';
import { type Listed, type Listing, listingOf, unlistedPlaces, withUnlisted } from '../listing.ts';
import type { Place } from '../path.ts';
import type { RecordView } from '../record.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';
import { compileSteps } from '../steps.ts';

/** What is done to a value that nobody listed; undefined takes it away. Throws RecordFault. */
type Treat = (value: Json, record: RecordView) => Json | undefined;

export default defineRule({
  name: 'unlisted',
  summary:
    'Says what becomes of fields that the rules do not name, so that a field which the source adds one day does not pass in clear.',
  notes: [
    'Listed is a field that `fields` names (with the step `keep` it stays as it is) or that `keep` names; one that a rule made; and all that is in a listed object. A pattern lists a field only if its steps hide it, or are `keep`.',
    'Fields are `pass` (as they are), `drop`, `redact`, `pseudonymize` (also with parameters: `{ "pseudonymize": { "key": "pii" } }`) or `fail`: a SCHEMA with an unlisted field ends the run before its first record. The same happens to fields that records have and their SCHEMA does not.',
    'For a stream with `personal: true` it is `fail` unless set.',
  ],
  setting: {
    type: ['string', 'object'],
    options: ['pass', 'drop', 'redact', 'pseudonymize', 'fail'],
    description: 'What becomes of them: `pass`, `drop`, `redact`, `pseudonymize` or `fail`.',
  },
  examples: [
    {
      rules: { fields: { 'id, address.zip': 'keep' }, unlisted: 'drop' },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          name: { type: 'string' },
          address: { type: 'object', properties: { zip: { type: 'string' }, street: { type: 'string' } } },
        },
      },
      input: [{ id: 1, name: 'Ada', address: { zip: 'W1', street: 'St James' }, born: '1815-12-10' }],
      output: [{ id: 1, address: { zip: 'W1' } }],
    },
    {
      rules: { fields: { id: 'keep' }, unlisted: 'redact' },
      schema: { type: 'object', properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 1 } } },
      input: [{ id: 1, age: 36, born: '1815-12-10' }],
      output: [{ id: 1, age: 0, born: 'REDACTED' }],
    },
  ],
  check(value, context) {
    if (!WORDS.has(value)) compiled(value, UNNAMED, openShape(context.stream), context);
  },
  prepare(value, shape, context) {
    const listing = listingOf(shape);
    const places = unlistedPlaces(listing);
    if (value === 'pass') return { shape, apply: () => true };
    const treats = new Map<Place, Treat>();
    const schemas = new Map<Place, JsonSchema>();
    if (value === 'fail') tellUnlisted(places, context);
    else if (value !== 'drop') {
      for (const place of places) {
        const { schema, treat } = compiled(value, place, shape, context);
        treats.set(place, treat);
        schemas.set(place, schema);
      }
    }
    const lostKeys = shape.keys.filter((key) => value === 'drop' && listing.members.get(key)?.kind === 'unlisted');
    if (lostKeys.length > 0)
      context.problem(`would drop the key ${lostKeys.join(', ')}: name it in fields, with keep or another step`);
    const treat = value === 'drop' || value === 'fail' ? undefined : compiled(value, UNNAMED, shape, context).treat;
    const other = (path: string): Treat => (value === 'fail' ? refuse(path) : (treat ?? drop));
    const schema = withUnlisted(shape.schema, listing, (place) => schemas.get(place));
    const stays = new Set(Object.keys(propertiesOf({ schema })));
    return {
      shape: {
        ...shape,
        schema,
        bookmarks: shape.bookmarks.filter((name) => stays.has(name)),
        privacy: privacyOf(shape, listing, value, stays),
      },
      hides: [...listing.members].flatMap(([name, { kind }]) => (kind === 'whole' ? [] : [name])),
      apply: treatRecord(listing, treats, other),
    };
  },
});

/** Words that are no operation. */
const WORDS: ReadonlySet<Json> = new Set(['pass', 'drop', 'fail']);

/** Where a member stands that the schema does not name. Its name may be anything, so it is not told. */
const UNNAMED: Place = { text: '*', name: '*', steps: [], schema: {} };

function compiled(
  step: Json,
  place: Place,
  shape: Shape,
  context: RuleContext,
): { readonly schema: JsonSchema; readonly treat: Treat } {
  let isRight = true;
  const problem: RuleContext['problem'] = (message, at) => {
    isRight = false;
    context.problem(message, at);
  };
  const program = compileSteps([step], place, shape, { ...context, problem });
  if (isRight && !program.hidesAlways)
    context.problem('must be pass, drop, redact, pseudonymize, fail, or another operation that hides the value');
  return {
    schema: program.schema,
    treat: (value, record) => program.run(value, record, (name, value) => record.set(name, value)),
  };
}

function drop(): undefined {
  return undefined;
}

function refuse(path: string): Treat {
  return () => {
    throw new RecordFault({
      policy: 'fail',
      rule: 'unlisted-field',
      field: path,
      message: 'the record has a field that neither its SCHEMA nor a rule names',
    });
  };
}

function tellUnlisted(places: readonly Place[], context: RuleContext): void {
  if (places.length === 0) return;
  const names = places.map(({ text }) => text).join(', ');
  const them = places.length > 1 ? 'these fields' : 'this field';
  context.problem(
    `no rule names ${them}: ${names}. Say in fields what becomes of each (keep leaves it as it is), or unlisted: drop`,
  );
}

function privacyOf(shape: Shape, { members }: Listing, value: Json, stays: ReadonlySet<string>): Shape['privacy'] {
  const made = value === 'redact' ? 'removed' : value === 'drop' || value === 'fail' ? undefined : 'pseudonym';
  const own = [...members]
    .filter(([, { kind }]) => kind === 'unlisted' && made !== undefined)
    .map(([name]) => [name, made!] as const);
  return Object.fromEntries([...Object.entries(shape.privacy), ...own].filter(([name]) => stays.has(name)));
}

function treatRecord(
  listing: Listing,
  treats: ReadonlyMap<Place, Treat>,
  other: (path: string) => Treat,
): (record: RecordView) => boolean {
  const members = compileMembers(listing, treats, other);
  const top = other('*');
  return (record) => {
    for (const name of record.names()) {
      const treat = members.has(name) ? members.get(name) : top;
      if (treat === undefined) continue;
      const before = record.get(name)!;
      const after = treat(before, record);
      if (after === undefined) record.delete(name);
      else if (after !== before) record.set(name, after);
    }
    return true;
  };
}

/** By member: what is done to it; undefined: nothing. */
function compileMembers(
  { members }: Listing,
  treats: ReadonlyMap<Place, Treat>,
  other: (path: string) => Treat,
): ReadonlyMap<string, Treat | undefined> {
  return new Map([...members].map(([name, listed]) => [name, treatOf(name, listed, treats, other)]));
}

function treatOf(
  path: string,
  listed: Listed,
  treats: ReadonlyMap<Place, Treat>,
  other: (path: string) => Treat,
): Treat | undefined {
  if (listed.kind === 'whole') return undefined;
  if (listed.kind === 'unlisted') return treats.get(listed.place) ?? drop;
  const members = compileMembers(listed.listing, treats, (below) => other(`${path}.${below}`));
  const stranger = other(path);
  const unnamed = other(`${path}.*`);
  const inObject = (value: JsonObject, record: RecordView): JsonObject =>
    Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) => {
        const treat = members.has(name) ? members.get(name) : unnamed;
        const after = treat === undefined || member === undefined ? member : treat(member, record);
        return after === undefined ? [] : [[name, after]];
      }),
    );
  const inLists = (value: Json, lists: number, record: RecordView): Json | undefined => {
    if (value === null) return null;
    if (lists > 0 && Array.isArray(value)) {
      return (value as readonly Json[]).map((item) => inLists(item, lists - 1, record) ?? null);
    }
    // A value of another kind than the schema says holds whatever it holds.
    return lists === 0 && isJsonObject(value) ? inObject(value, record) : stranger(value, record);
  };
  return (value, record) => inLists(value, listed.lists, record);
}
