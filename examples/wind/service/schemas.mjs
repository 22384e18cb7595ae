// What may be asked and what is answered: requests are checked against it, answers are written by it, the page shows it.
import { SIGNALS } from './measurements.mjs';

const moment = { type: 'string', anyOf: [{ format: 'date' }, { format: 'iso-date-time' }] };

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: { ...moment, description: 'Date or date-time of the first measurement; in the zone of the asker unless it names one.' },
    before: { ...moment, description: 'Date or date-time from which on measurements do not count any more.' },
    signals: {
      type: 'array',
      items: { type: 'string', enum: SIGNALS },
      minItems: 1,
      uniqueItems: true,
      description: 'What was measured: signals=wind_speed&signals=power.',
    },
    zone: {
      type: 'string',
      pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
      maxLength: 64,
      default: 'UTC',
      description: 'Time zone of the asker, by its name in the IANA database: Europe/Lisbon.',
    },
    limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 1440 },
    cursor: { type: 'string', maxLength: 100, description: 'What `next` of the page before says.' },
  },
  required: ['from', 'before', 'signals'],
};

const measurement = {
  type: 'object',
  properties: {
    timestamp: { type: 'string', format: 'date-time', description: 'In the zone of the asker.' },
    ...Object.fromEntries(SIGNALS.map((signal) => [signal, { type: 'number', nullable: true }])),
  },
  required: ['timestamp'],
};

const failure = (description) => ({
  description,
  type: 'object',
  properties: { statusCode: { type: 'integer' }, error: { type: 'string' }, message: { type: 'string' } },
});

export const measurementsSchema = {
  summary: 'Measurements, one a minute, oldest first',
  querystring,
  response: {
    200: {
      description: 'A page of them. A signal is null where its sensor has failed.',
      type: 'object',
      properties: {
        zone: { type: 'string' },
        measurements: { type: 'array', items: measurement },
        next: { type: 'string', nullable: true, description: 'The cursor of the next page; null on the last one.' },
      },
      required: ['zone', 'measurements', 'next'],
    },
    400: failure('Something that was asked for makes no sense.'),
    503: failure('The database cannot be reached, or has no measurements.'),
  },
};
