/** Spellings of names, and what makes them. */
export const STYLES: Readonly<Record<string, (name: string) => string>> = {
  snake_case: (name) => wordsOf(name).join('_'),
  'kebab-case': (name) => wordsOf(name).join('-'),
  camelCase: (name) => lowerFirst(wordsOf(name).map(upperFirst).join('')),
  PascalCase: (name) => wordsOf(name).map(upperFirst).join(''),
  lower: (name) => name.toLowerCase(),
  upper: (name) => name.toUpperCase(),
};

/** The words of a name, lower case: `HTTPServer-id2` has `http`, `server`, `id2`. A name without any is one word. */
function wordsOf(name: string): string[] {
  const words = name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  if (words.length === 0) return [name];
  // A leading underscore marks fields of the tap's own (`_sdc_extracted_at`): it stays.
  return name.startsWith('_') ? [`_${words[0]!}`, ...words.slice(1)] : words;
}

function upperFirst(word: string): string {
  const [first = '', ...others] = word;
  return first.toUpperCase() + others.join('');
}

function lowerFirst(word: string): string {
  const [first = '', ...others] = word;
  return first.toLowerCase() + others.join('');
}

/** The name that a template makes for a stream: `{stream}` stands for its own. Undefined, told to `problem`, for an empty name or another word in braces. */
export function streamName(template: string, stream: string, problem: (message: string) => void): string | undefined {
  const unknown = /\{(?!stream\})[^{}]*\}/.exec(template)?.[0];
  if (unknown !== undefined) problem(`has ${unknown}; only {stream} has a meaning`);
  else if (template.trim() === '') problem('must be the name of a stream');
  else return template.replaceAll('{stream}', stream);
  return undefined;
}
