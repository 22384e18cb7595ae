import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Out, type Log } from '../../../../singer/tap/index.ts';
import { rowEncoder } from '../../../../singer/tap/rows.ts';
import type { ColumnPlan, OutOfRange, Special, Wire } from '../../../../taps/postgres/model.ts';
import { Changes } from '../../../../taps/postgres/wire/changes.ts';
import { LineEncoder } from '../../../../taps/postgres/wire/line-encoder.ts';
import { cellAt } from '../../../../taps/postgres/wire/output.ts';
import { rowDecoder } from '../../../../taps/postgres/wire/row-decoder.ts';
import type { CopyBlock } from '../../../../clients/postgres/row-frames.ts';
import { blockOf } from './blocks.ts';
import { copyCell, nastyText, orNull, type Sample, samples } from './literals.ts';

const HEAD = '{"type":"RECORD","stream":"t","record":';
const TAIL = ',"time_extracted":"2026-01-02T03:04:05.000000Z"}\n';
const envelope = (): { head: Buffer; tail: Buffer } => ({ head: Buffer.from(HEAD), tail: Buffer.from(TAIL) });
const SMALL = 3000;

const warnings: (readonly [string, unknown])[] = [];
const log = { warn: (text: string, facts: unknown) => void warnings.push([text, facts]), warnOnce: () => undefined } as unknown as Log; // prettier-ignore

const outOfRange = fc.constantFrom<OutOfRange>('null', 'clamp', 'string', 'fail');
const special = fc.constantFrom<Special>('null', 'string', 'fail');
const scalar: fc.Arbitrary<Wire> = fc.oneof(
  special.map((special) => ({ kind: 'number' as const, special })),
  special.map((special) => ({ kind: 'number' as const, special, as: 'string' as const })),
  fc.constantFrom<Wire>({ kind: 'boolean' }, { kind: 'text' }, { kind: 'trimmed' }, { kind: 'json' }, { kind: 'hstore' }, { kind: 'bytea', form: 'hex' }, { kind: 'bytea', form: 'base64' }), // prettier-ignore
  fc.tuple(fc.constantFrom('date' as const, 'timestamp' as const, 'timestamptz' as const), outOfRange).map(([kind, outOfRange]) => ({ kind, outOfRange })), // prettier-ignore
);
const fieldNames = fc.uniqueArray(nastyText.filter((name) => !/^\d/.test(name)), { maxLength: 3 }); // prettier-ignore
const wire: fc.Arbitrary<Wire> = fc.letrec<{ wire: Wire }>((tie) => ({
  wire: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.tuple(scalar, fc.constantFrom(',', ';')).map(([of, delimiter]) => ({ kind: 'array' as const, of, delimiter })) }, // prettier-ignore
    { weight: 1, arbitrary: tie('wire').filter(({ kind }) => kind !== 'array').map((of) => ({ kind: 'array' as const, of, delimiter: ',' })) }, // prettier-ignore
    { weight: 1, arbitrary: fc.tuple(fieldNames, fc.tuple(tie('wire'), tie('wire'), tie('wire'))).map(([names, wires]) => ({ kind: 'composite' as const, fields: names.map((name, i) => ({ name, wire: wires[i]! })) })) }, // prettier-ignore
    { weight: 1, arbitrary: tie('wire').map((of) => ({ kind: 'range' as const, of })) },
    { weight: 1, arbitrary: scalar.map((of) => ({ kind: 'multirange' as const, of })) },
  ),
})).wire;

interface Table {
  readonly columns: readonly ColumnPlan[];
  readonly rows: readonly (readonly Sample[])[];
}

const table: fc.Arbitrary<Table> = fc
  .tuple(fc.uniqueArray(nastyText, { maxLength: 5 }), fc.array(wire, { minLength: 5, maxLength: 5 }))
  .chain(([names, wires]) => {
    const columns = names.map((name, i) => ({ name, wire: wires[i]!, expression: (column: string) => column, schema: {} }));
    const row = fc.tuple(...columns.map(({ wire }) => orNull(samples(wire))));
    return fc.array(row, { minLength: 1, maxLength: 6 }).map((rows) => ({ columns, rows }));
  });

function blockWith({ columns, rows }: Table, extras: readonly (string | null)[]): CopyBlock {
  return blockOf(rows.map((row) => {
    const cells = [...(columns.length === 0 ? [] : row.map(({ literal }) => copyCell(literal))), ...extras.map(copyCell)];
    return `${cells.join('\t')}\n`;
  })); // prettier-ignore
}

/** As a tap does it: takes lines whenever `out` is full. */
function fastLines(columns: readonly ColumnPlan[], block: CopyBlock, changes: Changes, bytes: number): string {
  const encoder = new LineEncoder(columns, envelope, changes);
  const out = new Out(bytes, bytes);
  let text = '';
  for (let row = 0; row < block.rows;) {
    row = encoder.encode(block, row, block.rows, out);
    if (row === block.rows && !out.full) break;
    text += out.take().bytes.toString();
  }
  return text + out.take().bytes.toString();
}

function generalLines(columns: readonly ColumnPlan[], block: CopyBlock, changes: Changes): string {
  const decode = rowDecoder(columns, changes);
  const plain = columns.map(({ name }) => ({ name, cut: undefined, coerce: undefined }));
  const encode = rowEncoder({ stream: 't', columns: plain, keys: [], deselected: new Set(), log });
  let text = '';
  for (let r = 0; r < block.rows; r++) text += HEAD + encode(decode(block, r)) + TAIL;
  return text;
}

function told(changes: Changes): unknown[] {
  changes.tell(log);
  return warnings.splice(0);
}

describe('rows of a COPY', () => {
  it('become the same lines in both lanes, whatever is in them', () => {
    const extras = fc.array(fc.option(nastyText), { maxLength: 2 });
    fc.assert(
      fc.property(table, extras, fc.constantFrom(200, SMALL, 100_000), (table, extras, bytes) => {
        const { columns, rows } = table;
        const block = blockWith(table, extras);
        const expected = rows.map((row) => `${HEAD}{${columns.map(({ name }, c) => `${JSON.stringify(name)}:${row[c]!.json}`).join(',')}}${TAIL}`).join(''); // prettier-ignore
        const [inFast, inGeneral] = [new Changes('t'), new Changes('t')];
        expect(fastLines(columns, block, inFast, bytes)).toBe(expected);
        expect(generalLines(columns, block, inGeneral)).toBe(expected);
        expect(told(inFast)).toEqual(told(inGeneral));
        for (const [r, row] of rows.entries()) {
          const literals = [...row.map(({ literal }) => literal), ...extras];
          expect(literals.map((_, c) => cellAt(block, r, c))).toEqual(literals);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('find room however much longer they become', () => {
    const column = (wire: Wire, name: string): ColumnPlan => ({ name, wire, expression: (sql) => sql, schema: {} });
    const text = fc
      .tuple(fc.constantFrom('\x01', '\v', '"', '\\', '\n', 'é', 'x', ' '), fc.nat(300))
      .map(([piece, times]) => piece.repeat(times));
    const cell = orNull(text.map((literal) => ({ literal, json: JSON.stringify(literal) })));
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 100, max: 4000 }),
        (rows, bytes) => {
          const columns = [column({ kind: 'text' }, 'a'), column({ kind: 'trimmed' }, ''), column({ kind: 'text' }, 'last')];
          const trimmed = rows.map(([a, b, c]) => [
            a!,
            b!.literal === null ? b! : { literal: b!.literal, json: JSON.stringify(b!.literal.replace(/ +$/, '')) },
            c!,
          ]);
          const expected = trimmed.map(([a, b, c]) => `${HEAD}{"a":${a!.json},"":${b!.json},"last":${c!.json}}${TAIL}`).join('');
          expect(fastLines(columns, blockWith({ columns, rows: trimmed }, []), new Changes('t'), bytes)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
