import type { Settings } from '../../../singer/tap/index.ts';

/** Settings of types and values. */
export const typeSettings = {
  dates_as_string: {
    type: 'boolean',
    default: false,
    description:
      'Announce dates and timestamps as plain strings and send them as Postgres writes them (2026-01-31 12:00:00+00), whatever their range.',
  },
  temporal_out_of_range: {
    type: 'string',
    options: ['string', 'null', 'clamp', 'fail'],
    default: 'string',
    description:
      'Dates and timestamps before the year 1, after the year 9999 and infinity: string sends them as Postgres writes them (0044-03-15 BC), which target-postgres takes and which breaks the announced format elsewhere; null; clamp to 0001-01-01 or 9999-12-31; fail ends the run. What was not sent as it is, is counted and told.',
  },
  timestamp_zone: {
    type: 'string',
    default: 'UTC',
    description:
      'Time zone, by a name that the server knows, of timestamps without one; they are sent as that moment in UTC. Inside of arrays, composites and ranges they stay without zone unless this is UTC.',
    examples: ['Europe/Berlin'],
  },
  decimal_handling: {
    type: 'string',
    options: ['number', 'string', 'singer.decimal'],
    default: 'number',
    description:
      'How numeric is sent: number (every digit of it on the wire; some readers make a double of it), string, or singer.decimal (a string with that format, precision and scale).',
  },
  use_singer_decimal: { type: 'boolean', default: false, description: 'The same as decimal_handling: singer.decimal.' },
  special_numbers: {
    type: 'string',
    options: ['null', 'string', 'fail'],
    default: 'null',
    description:
      'NaN and infinities of numeric, real and double precision, which JSON does not have: null (counted and told), string ("NaN"; the schema then allows strings too and names the type in x-sql-datatype), fail ends the run.',
  },
  json_handling: {
    type: 'string',
    options: ['any', 'object', 'string'],
    default: 'any',
    description:
      'Schema of json and jsonb: any value, object (for targets that want one; other values are sent all the same), or string, which holds the JSON text.',
  },
  json_as_object: { type: 'boolean', default: false, description: 'The same as json_handling: object.' },
  binary_handling: {
    type: 'string',
    options: ['base64', 'hex', 'omit'],
    default: 'base64',
    description: 'How bytea is sent: base64 (announced as such), hex digits, or omit: such columns are left out.',
  },
  money_handling: {
    type: 'string',
    options: ['number', 'string'],
    default: 'number',
    description: 'How money is sent: as a number, or as the string that the locale of the database makes of it.',
  },
  bit_handling: {
    type: 'string',
    options: ['boolean', 'string'],
    default: 'boolean',
    description: 'How bit(1) is sent: boolean, or a string of 0 or 1 as longer ones are.',
  },
  interval_handling: {
    type: 'string',
    options: ['duration', 'seconds'],
    default: 'duration',
    description:
      'How interval is sent: as the text of an ISO 8601 duration (P1Y2M3DT4H5M6S), or as a number of seconds, in which a month is 30 days and a year 365.25.',
  },
  range_handling: {
    type: 'string',
    options: ['string', 'object'],
    default: 'string',
    description:
      'How ranges are sent: as Postgres writes them ([1,10)), or as objects with lower, upper, lower_inc, upper_inc and empty; multiranges as lists of them.',
  },
  composite_handling: {
    type: 'string',
    options: ['object', 'string'],
    default: 'object',
    description: 'How values of composite types are sent: as objects with a member per field, or as Postgres writes them.',
  },
  array_dimensions: {
    type: 'string',
    options: ['declared', 'any'],
    default: 'declared',
    description:
      'Schema of arrays: as deep as they are declared (integer[][]), or any, which lets lists stand for elements. The server holds nobody to what was declared: a value of another depth is sent as it is, and targets that check records refuse it unless this is any.',
  },
  enum_labels: {
    type: 'boolean',
    default: false,
    description:
      'List the labels of enum types in the schema. A label that is added later breaks the validation of targets until the next discovery.',
  },
  trim_char: {
    type: 'boolean',
    default: false,
    description: 'Drop the blanks with which char(n) is filled up.',
  },
  geometry_handling: {
    type: 'string',
    options: ['hex', 'ewkt', 'geojson'],
    default: 'hex',
    description:
      'How geometry and geography of PostGIS are sent: hex (the digits of their EWKB, exact), ewkt (text, 15 digits), geojson (an object, 9 decimal places). Inside of arrays, composites and ranges always hex.',
  },
} as const satisfies Settings;
