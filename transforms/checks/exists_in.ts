import { type CheckContext, defineCheck } from '../check.ts';
import { Fingerprints } from '../fingerprints.ts';
import { readersOf } from '../places.ts';
import { textOf } from '../record.ts';
import { readTable } from '../table-file.ts';
import { markOf } from './memory.ts';

/** The values of a field of another stream that have come. */
interface Known {
  readonly values: Fingerprints;
  isPartial: boolean;
}

export default defineCheck({
  name: 'exists_in',
  of: 'record',
  summary:
    'The value of a field is the key of a record of another stream that came before, in the same run, or of a row of a file. Null passes.',
  parameters: {
    field: { type: 'string', required: true, description: 'The field.' },
    stream: { type: 'string', description: 'The other stream, as it comes. It must come before this one.' },
    file: { type: 'string', description: 'Instead: a file, CSV with a header, JSON lines or a JSON list of objects.' },
    key: {
      type: 'string',
      required: true,
      description: 'The field there: as it is after the fields and checks of that stream, and before it is renamed.',
    },
  },
  examples: [
    {
      rules: { checks: [{ exists_in: { field: 'parent', stream: 's', key: 'id' }, severity: 'drop' }] },
      schema: { type: 'object', properties: { id: { type: 'integer' }, parent: { type: ['integer', 'null'] } } },
      input: [
        { id: 1, parent: null },
        { id: 2, parent: 1 },
        { id: 3, parent: 7 },
      ],
      output: [
        { id: 1, parent: null },
        { id: 2, parent: 1 },
      ],
    },
  ],
  watches({ key, stream }) {
    if (stream === undefined) return [];
    return [
      {
        stream,
        prepare(shape, context) {
          const [read] = readersOf([key], shape, context);
          const known = context.shared(knownName(stream, key), () => newKnown(context.quality.memoryBytes));
          return (record) => {
            const mark = read === undefined ? undefined : markOf([read(record)]);
            if (mark !== undefined && known.values.count(mark) === 0) known.isPartial = true;
          };
        },
      },
    ];
  },
  prepare({ field, file, key, stream }, shape, context) {
    const [read] = readersOf([field], shape, context, 'field');
    if ((file === undefined) === (stream === undefined)) context.problem('must say one of stream and file');
    if (read === undefined) return [];
    const known =
      file === undefined
        ? context.shared(knownName(stream ?? '', key), () => newKnown(context.quality.memoryBytes))
        : context.once(knownName(`file ${file}`, key), () => knownIn(file, key, context));
    if (known === undefined) return [];
    return [
      {
        kind: 'record',
        field,
        passes(record) {
          const value = read(record);
          const mark = markOf([value]);
          if (mark === undefined || known.values.get(mark) > 0) return true;
          // Numbers of a CSV are texts.
          if (file !== undefined && typeof value !== 'string' && known.values.get(markOf([textOf(value!)])!) > 0) return true;
          return known.isPartial ? undefined : false;
        },
      },
    ];
  },
});

/** The values of a column of a file; undefined if something is wrong, which was told. */
function knownIn(file: string, key: string, context: CheckContext): Known | undefined {
  const known = newKnown(context.quality.memoryBytes);
  const rows = readTable(file, (message) => context.problem(message, 'file'));
  if (rows === undefined) return undefined;
  if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, key))) {
    context.problem(`no row of ${file} has ${key}`, 'key');
    return undefined;
  }
  for (const row of rows) {
    const mark = markOf([row[key]]);
    if (mark !== undefined && known.values.count(mark) === 0) known.isPartial = true;
  }
  return known;
}

function knownName(stream: string, key: string): string {
  return `values of ${JSON.stringify([stream, key])}`;
}

function newKnown(memoryBytes: number): Known {
  return { values: new Fingerprints(memoryBytes), isPartial: false };
}
