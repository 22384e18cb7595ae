// What may be asked and what is answered: requests are checked against it, answers are written by it, the page shows it.

const moment = { anyOf: [{ format: 'date' }, { format: 'iso-date-time' }] };

const request = {
  params: {
    type: 'object',
    properties: { user: { type: 'string', minLength: 1, maxLength: 200, description: 'Name, in any case.' } },
  },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      from: {
        type: 'string',
        ...moment,
        description: 'Date or date-time from which on check-ins count; in the zone of the asker unless it names one.',
      },
      to: { type: 'string', ...moment, description: 'Date or date-time from which on they do not count any more.' },
      project: { type: 'string', minLength: 1, maxLength: 200 },
      zone: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
        maxLength: 64,
        default: 'UTC',
        description: 'Time zone of the asker, by its name in the IANA database: Europe/Moscow.',
      },
      limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
      cursor: { type: 'string', maxLength: 500, description: 'What `next` of the page before says.' },
    },
  },
};

const checkin = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    at: { type: 'string', format: 'date-time', description: 'In the zone of the asker.' },
    hours: { type: 'number' },
    project: { type: 'string' },
    project_as_typed: { type: 'string', description: 'Before it was mended.' },
  },
  required: ['id', 'at', 'hours', 'project', 'project_as_typed'],
};

const failure = (description) => ({
  description,
  type: 'object',
  properties: { statusCode: { type: 'integer' }, error: { type: 'string' }, message: { type: 'string' } },
});

export const checkinsSchema = {
  summary: 'The check-ins of a user, newest first',
  ...request,
  response: {
    200: {
      description: 'A page of them.',
      type: 'object',
      properties: {
        user: { type: 'string' },
        zone: { type: 'string' },
        checkins: { type: 'array', items: checkin },
        next: { type: 'string', nullable: true, description: 'The cursor of the next page; null on the last one.' },
      },
      required: ['user', 'zone', 'checkins', 'next'],
    },
    400: failure('Something that was asked for makes no sense.'),
    404: failure('Nobody of that name has ever checked in.'),
    503: failure('The database cannot be reached, or nothing has been loaded yet.'),
  },
};
