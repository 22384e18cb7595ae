/** Texts with values in them: f-strings. */
import { spend, type Turn } from '../budget.ts';
import { formatValue } from '../format.ts';
import { limited } from '../json-functions.ts';
import { reprOf, textOf } from '../show.ts';
import type { Replacement } from '../syntax.ts';
import { TEXT } from '../types.ts';
import type { Compiling, Part } from './part.ts';

export function text(compiler: Compiling, parts: readonly (string | Replacement)[]): Part {
  const pieces = parts.map((part) => (typeof part === 'string' ? part : replacement(compiler, part)));
  return {
    type: TEXT,
    run(turn) {
      let text = '';
      for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(turn);
      const value = limited(text);
      spend(turn, value);
      return value;
    },
  };
}

function replacement(compiler: Compiling, { conversion, spec, value }: Replacement): (turn: Turn) => string {
  const part = compiler.part(value);
  const convert = conversion === undefined ? undefined : conversion === 's' ? textOf : reprOf;
  const format = spec.length === 0 ? undefined : text(compiler, spec);
  return (turn) => {
    const given = part.run(turn);
    const shown = convert === undefined ? given : convert(given);
    return format === undefined ? textOf(shown) : formatValue(shown, format.run(turn) as string);
  };
}
