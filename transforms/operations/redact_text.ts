import { type Json, nearest } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { type Key, keyNamed } from '../keys.ts';
import { defineOperation, type Field, type Fields, type Step } from '../operation.ts';
import { DETECTORS, type DetectorName } from '../redaction/index.ts';
import { needlesOf } from '../redaction/named-values.ts';
import { replaced, type Wanted } from '../redaction/replaced.ts';
import { schemaLike } from '../schemas.ts';

const KINDS = Object.keys(DETECTORS) as DetectorName[];

export default defineOperation({
  name: 'redact_text',
  group: 'privacy',
  summary: 'Puts `<EMAIL>`, `<PHONE>` and the like in place of what it finds in free text.',
  notes: [
    'This is the best that can be done with free text, and no anonymisation: what has another form than those listed here stays, and so does all that people say in words (names that no field has, places, illnesses, what happened). Where a text is not needed, `drop` it.',
    'Found are: e-mail addresses; phone numbers with `+` and those of the given regions; numbers of cards with a right check digit (Luhn); IBANs of the length of their country, with right check digits; social security and taxpayer numbers of the United States of the ranges that are given out, written in groups or beside a word that says what they are; IP addresses of the versions 4 and 6.',
    'Numbers that only look like one of these go, too: every tenth number of 16 digits has a right check digit by chance.',
    'Characters of full width, digits of other scripts, odd dashes and invisible marks hide nothing from it.',
    'Null stays null. What is no text is refused, for nobody has looked into it.',
  ],
  parameters: {
    detect: {
      type: 'array',
      items: { type: 'string', options: KINDS, description: `One of ${KINDS.map((kind) => `\`${kind}\``).join(', ')}.` },
      default: KINDS,
      description: 'What is looked for.',
      examples: [['email', 'phone']],
    },
    values_of: {
      type: 'array',
      items: { type: 'string', description: 'A field, top level.' },
      default: [],
      description:
        'Fields of the same record, such as names, whose values are looked for as well, as they were before any step: the whole value, and each word of three or more letters, whatever the case and the accents. Not within longer words.',
      examples: [['first_name', 'last_name']],
    },
    regions: {
      type: 'array',
      items: { type: 'string', description: 'Two letters of a country.' },
      default: [],
      description: 'Countries whose phone numbers are found without `+`, too. None unless set.',
      examples: [['GB', 'IE']],
    },
    key: {
      type: 'string',
      description:
        'The name of a key in the setting `keys`: what is found becomes `<EMAIL:token>`, with a token made as `pseudonymize` makes it of the address in lower case, of the phone number with `+` and country, or of the digits and letters alone. Unset: `<EMAIL>`.',
    },
    domain: {
      type: 'string',
      description: 'The domain of the tokens, see `pseudonymize`. Default: `stream.field`.',
      examples: ['email'],
    },
  },
  main: 'detect',
  privacy: 'reduced',
  merges: true,
  examples: [
    {
      step: 'redact_text',
      input: 'Ada wrote from ada@example.org (192.0.2.7), call +44 20 7946 0958.',
      output: 'Ada wrote from <EMAIL> (<IP>), call <PHONE>.',
    },
    {
      step: { redact_text: { regions: ['GB'] } },
      input: '020 7946 0958, card 4111 1111 1111 1111, not 4111 1111 1111 1112, GB29 NWBK 6016 1331 9268 19',
      output: '<PHONE>, card <CARD>, not 4111 1111 1111 1112, <IBAN>',
    },
    { step: { redact_text: ['ssn'] }, input: '219-09-9999, not 666-09-9999', output: '<SSN>, not 666-09-9999' },
    {
      step: { redact_text: { detect: ['email'], key: 'example', domain: 'email' } },
      input: 'from Ada@example.org',
      output: 'from <EMAIL:0fcd2e1515450377714c38fb6f9d527f>',
    },
  ],
  prepare({ detect, domain, key: name, regions, values_of: names }, field): Step {
    const key = name === undefined ? undefined : keyNamed(name, field);
    if (detect.length + names.length === 0) field.problem('must name something that is looked for', 'detect');
    if (name === undefined && domain !== undefined) field.problem('means nothing without a key', 'domain');
    tellUnknown(names, field);
    const problem = (region: string): void => field.problem(`${region} is no country with phone numbers`, 'regions');
    const detectors = detect.map((kind) => DETECTORS[kind]({ regions, problem }));
    const write = writer(key, domain ?? `${field.stream}.${field.path}`);
    let values: readonly (Json | undefined)[] = [];
    let wanted: readonly Wanted[] | undefined;
    return {
      schema: schemaLike(field.schema, 'string'),
      looksAt: names,
      ...(key === undefined ? {} : { keyId: key.id }),
      begin(record: Fields) {
        values = names.map((name) => record.get(name));
        wanted = undefined;
      },
      apply(value: Json | undefined) {
        if (typeof value !== 'string') throw new ValueFault('not-text', 'only texts can be searched');
        wanted ??= names.map((name, index) => ({ label: name.toUpperCase(), needles: needlesOf(values[index]) }));
        return replaced(value, { detectors, wanted }, write);
      },
    };
  },
});

function tellUnknown(names: readonly string[], field: Field): void {
  for (const name of names.filter((name) => field.schemaOf(name) === undefined)) {
    const near = nearest(name, field.names);
    field.problem(`there is no field ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, 'values_of');
  }
}

function writer(key: Key | undefined, domain: string): (label: string, value: string) => string {
  if (key === undefined) return (label) => `<${label}>`;
  const mac = key.mac(domain);
  return (label, value) => `<${label}:${mac.digest(value).toString('hex', 0, 16)}>`;
}
