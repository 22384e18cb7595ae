import { readFileSync } from 'node:fs';
import { editDistance } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { type Field, defineOperation } from '../operation.ts';
import { Recent } from '../recent.ts';
import { compileRegex } from '../regex.ts';
import { changedText, onText } from '../text-schema.ts';

const REMEMBERED = 10_000;

export default defineOperation({
  name: 'fuzzy_map',
  group: 'values',
  summary: 'Mends misspelt words: a text becomes the one of a list that differs from it in the fewest letters.',
  notes: [
    'Two words of the list that are equally near are a tie: the value is refused. A word of the list stays as it is. Every mended value is counted.',
    'Short words differ in few letters by nature, and numbered ones (`project-00`, `project-01`) in one: leave them out with `skip_matching`.',
  ],
  parameters: {
    to: { type: 'array', description: 'The right words.', examples: [['bizdev', 'hiring', 'workshop']] },
    to_file: { type: 'string', description: 'A text file with one right word a line, in place of `to` or beside it.' },
    max_distance: {
      type: 'integer',
      default: 2,
      minimum: 1,
      maximum: 10,
      description: 'Letters to insert, delete, replace or swap at most.',
    },
    skip_matching: {
      type: 'string',
      description: 'Texts that this regular expression matches whole stay as they are.',
      examples: ['project-[0-9]+'],
    },
    else: {
      type: 'string',
      options: ['keep', 'error'],
      default: 'keep',
      description: 'What becomes of a text that is near no word of the list.',
    },
    report: {
      type: 'boolean',
      default: false,
      description: 'Log each pair of misspelt and right word once. It shows values: not for personal data.',
    },
  },
  main: 'to',
  merges: true,
  examples: [
    { step: { fuzzy_map: ['hiring', 'bizdev'] }, input: 'hirng', output: 'hiring' },
    {
      step: { fuzzy_map: { to: ['project-00', 'hiring'], skip_matching: 'project-[0-9]+' } },
      input: 'project-01',
      output: 'project-01',
    },
    { step: { fuzzy_map: { to: ['cat', 'car'], max_distance: 1 } }, input: 'cab' },
    { step: { fuzzy_map: { to: ['hiring'], else: 'error' } }, input: 'holidays' },
  ],
  prepare({ else: otherwise, max_distance, report, skip_matching, to, to_file }, field) {
    const words = [...new Set([...(to ?? []).map(String), ...(to_file === undefined ? [] : wordsOf(to_file, field))])];
    if (words.length === 0) field.problem('has no words');
    const known = new Set(words);
    const skip =
      skip_matching === undefined
        ? undefined
        : compileRegex(`^(?:${skip_matching})$`, 'u', (message) => field.problem(message, 'skip_matching'));
    const recent = new Recent<string, Match>(REMEMBERED);
    const matchOf = (text: string): Match => recent.get(text, () => nearestOf(text, words, max_distance));
    return {
      schema: changedText(field.schema, { change: (text) => text, shortens: true, lengthens: true, breaksFormat: true }),
      shows: report,
      apply: onText((text) => {
        if (known.has(text) || skip?.test(text) === true) return text;
        const match = matchOf(text);
        if (match === 'tie') throw new ValueFault('fuzzy-tie', 'two words of the list are equally near');
        if (match === 'none') {
          if (otherwise === 'keep') return text;
          throw new ValueFault('fuzzy-none', 'no word of the list is near');
        }
        field.count('mended');
        if (report)
          field.log.warnOnce(`fuzzy ${field.stream} ${field.path} ${text}`, 'A misspelt word was mended', {
            stream: field.stream,
            field: field.path,
            from: text,
            to: match.word,
          });
        return match.word;
      }),
    };
  },
});

type Match = { readonly word: string } | 'tie' | 'none';

function nearestOf(text: string, words: readonly string[], most: number): Match {
  let best: Match = 'none';
  let distance = most + 1;
  for (const word of words) {
    if (Math.abs(word.length - text.length) > distance) continue;
    const between = editDistance(text, word);
    if (between < distance) {
      distance = between;
      best = { word };
    } else if (between === distance && between <= most) best = 'tie';
  }
  return best;
}

function wordsOf(path: string, field: Field): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (error) {
    field.problem(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, 'to_file');
    return [];
  }
}
