// @ts-check
// Writes docs/transforms.md and a page for each operation, rule and derivation of transform-records: its declaration as text, and its
// examples with what the compiled code makes of them.
import process from 'node:process';

const ROOT = new URL('../', import.meta.url);
const INDEX = 'docs/transforms.md';
const FOLDER = 'docs/transforms';
/** The key of the examples; no key for anything else. */
const EXAMPLE_KEY = 'an example key that everybody can read here';

/** @typedef {{ name: string, summary: string, notes?: readonly string[], examples: readonly any[] }} Declared */

/** @typedef {{ rules: object, schema: object, keys?: readonly string[], input: readonly object[] }} RuleExample */

/** @param {string} path */
const load = async (path) => import(new URL(`dist/${path}`, ROOT).href);

/** All declarations of a kind. @param {string} kind */
const declared = async (kind) => (await load(`transforms/${kind}/index.js`))[kind].all();

/**
 * Paths below the root, and texts.
 * @returns {Promise<[string, string][]>}
 */
export async function transformPages() {
  const [{ settingsTable }, { COMMON_PARAMETERS }] = await Promise.all(
    ['singer/shell/about.js', 'transforms/operation.js'].map(load),
  );
  const [operations, rules, derivations] = await Promise.all(['operations', 'rules', 'derivations'].map(declared));
  /** @type {[string, string][]} */
  const pages = [[INDEX, indexText({ operations, rules, derivations })]];
  for (const operation of operations) {
    const { parameters, main, merges, name, privacy } = operation;
    const bare = main === undefined ? [] : [`A bare value is its \`${main}\`.`, ''];
    const hides = privacy === undefined ? [] : [PRIVACY[/** @type {keyof typeof PRIVACY} */ (privacy)], ''];
    const keys = merges === true ? [privacy === undefined ? WARNED_KEY : REFUSED_KEY, ''] : [];
    const middle = [...hides, ...keys, '## Parameters', '', ...bare, settingsTable({ ...parameters, ...COMMON_PARAMETERS }), ''];
    pages.push([`${FOLDER}/operation-${name}.md`, page(operation, middle, await operationExamples(operation.examples))]);
  }
  for (const [prefix, declared] of [
    ...rules.map((/** @type {any} */ rule) => ['rule', rule]),
    ...derivations.map((/** @type {any} */ each) => ['set', each]),
  ]) {
    const examples = [];
    for (const example of declared.examples) examples.push(...(await wholeExample(example)));
    const middle = ['## Setting', '', settingsTable({ [declared.name]: declared.setting }), ''];
    pages.push([`${FOLDER}/${prefix}-${declared.name}.md`, page(declared, middle, examples)]);
  }
  return pages;
}

const PRIVACY = {
  pseudonym: 'It hides a value behind a token: **pseudonymisation**, not anonymisation (see [privacy](../privacy.md)).',
  reduced: 'It leaves less of a value, which may still single a person out (see [privacy](../privacy.md)).',
  removed: 'It leaves nothing of the value (see [privacy](../privacy.md)).',
};

const REFUSED_KEY =
  'On a key property it is refused, unless `keys` says what takes its place: different rows would become one in a table with that key.';
const WARNED_KEY = 'On a key property it is warned of: keys that it makes equal would be one row in a table with that key.';

/** @param {Declared} declared @param {readonly string[]} middle @param {readonly string[]} examples */
function page({ name, summary, notes = [] }, middle, examples) {
  const lines = [`# ${name}`, '', summary, '', ...notes.flatMap((note) => [`- ${note}`]), ...(notes.length > 0 ? [''] : [])];
  return [...lines, ...middle, '## Examples', '', ...examples].join('\n');
}

/** The first one whole, then all as a table. @param {readonly any[]} examples */
async function operationExamples(examples) {
  /** @param {any} example @returns {RuleExample} */
  const asRules = (example) => ({
    rules: { fields: { value: example.step } },
    schema: { type: 'object', properties: { value: example.schema ?? { type: ['string', 'null'] } } },
    input: [{ value: example.input }],
  });
  const rows = [];
  for (const example of examples) {
    const records = (await run(asRules(example))).output.filter((line) => line.startsWith('{"type":"RECORD","stream":"s",'));
    const out = records.map((line) => JSON.stringify(JSON.parse(line).record.value ?? null))[0];
    rows.push(
      `| ${cell(JSON.stringify(example.step))} | ${cell(JSON.stringify(example.input))} | ${out === undefined ? 'refused' : cell(out)} |`,
    );
  }
  return [...(await wholeExample(asRules(examples[0]))), '| step | value | becomes |', '| --- | --- | --- |', ...rows, ''];
}

/** @param {string} text */
function cell(text) {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}

/** @param {RuleExample} example */
async function wholeExample(example) {
  const { config, input, needsKey, output } = await run(example);
  return [
    `\`config.json\`${needsKey ? `, with \`EXAMPLE_KEY="${EXAMPLE_KEY}"\` in the environment` : ''}:`,
    '',
    '```json',
    JSON.stringify(config, null, 2),
    '```',
    '',
    '`transform-records --config config.json` makes of',
    '',
    '```json',
    ...input,
    '```',
    '',
    ...(output.length === 0 ? ['nothing.'] : ['this:', '', '```json', ...output, '```']),
    '',
  ];
}

/** What comes out, by the compiled code. @param {RuleExample} example */
async function run({ rules, schema, keys, input }) {
  const [{ loadRules }, { Transformer }, { transformSettings }, { checkConfig }] = await Promise.all(
    [
      'transforms/config/index.js',
      'transforms/engine/transformer.js',
      'transforms/config/settings.js',
      'singer/mapper/index.js',
    ].map(load),
  );
  const needsKey = /pseudonymize|date_shift|erase|pseudonym\(|hmac\(|"key":"example"/.test(JSON.stringify(rules));
  const config = { ...(needsKey ? { keys: { example: { env: 'EXAMPLE_KEY' } } } : {}), transforms: { s: rules } };
  process.env['EXAMPLE_KEY'] = EXAMPLE_KEY;
  const messages = [
    { type: 'SCHEMA', stream: 's', schema, key_properties: keys ?? [] },
    ...input.map((record) => ({ type: 'RECORD', stream: 's', record })),
  ];
  const lines = messages.map((message) => JSON.stringify(message));
  const stage = new Transformer(
    await loadRules(checkConfig(transformSettings, config).config, {
      name: '',
      version: '',
      log: SILENT,
      signal: new AbortController().signal,
    }),
    { rewrite: true, deleteFiles: false, maxLineBytes: 1 << 20 },
  );
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  let text = '';
  for await (const block of stage.take({ bytes, start: 0, end: bytes.length })) text += block.toString();
  for await (const block of stage.finish()) text += block.toString();
  await stage.close(true);
  // The time of day would make another page each time.
  const stable = text.replaceAll(/"_q_at":"[^"]*"/g, '"_q_at":"2026-01-01T00:00:00.000Z"');
  return { config, needsKey, input: lines, output: stable.split('\n').filter((line) => line !== '') };
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing, warnOnce: nothing, conceal: nothing };

/** @param {{ operations: readonly any[], rules: readonly any[], derivations: readonly any[] }} all */
function indexText({ operations, rules, derivations }) {
  /** @param {string} prefix @param {readonly Declared[]} declared */
  const table = (prefix, declared) => [
    '| name | what it does |',
    '| --- | --- |',
    ...declared.map(
      ({ name, summary }) => `| [${name}](transforms/${prefix}-${name}.md) | ${summary.replaceAll('|', String.raw`\|`)} |`,
    ),
  ];
  const groups = [...new Set(operations.map(({ group }) => group))];
  return [
    '# Transforms',
    '',
    'Generated by `npm run generate` from the declarations in `transforms/`; do not edit.',
    '',
    'Rules for streams and steps for their fields, under the setting `transforms` of transform-records, or of any tap or target. Other',
    'dialects: [stream maps](stream-maps.md). What the privacy operations are and are not: [privacy](privacy.md). All settings:',
    '[transform-records](plugins/transform-records.md).',
    '',
    '- `transform-records --check --catalog catalog.json --config config.json` says what is wrong, all at once, and what comes out.',
    '- What is mistyped in the rules of any dialect (rules, operations, parameters, expressions, patterns, zones, files) is told when a run starts, all at once, before any message is taken; what hangs on the fields of a stream is told with its SCHEMA, before its first record.',
    '- `transform-records --explain --config config.json < messages` shows what each rule makes of the first records.',
    '- A stream without an entry passes as it is, byte for byte. So does every value that no rule touches.',
    '- At the end the log says for each stream that has an entry how many records came and left (`stats` sends the same as records). A stream without one passes unread and is not counted; an empty entry (`"orders": {}`) has it counted.',
    '- An operation that cannot take a value never lets it pass: `on_error` says whether the run ends, or the record is put aside or left out, or the value becomes null or a constant.',
    '',
    '## Rules of a stream',
    '',
    'They run in this order, whatever their order in the config. Another order is a second mapping after the first.',
    '',
    ...table('rule', rules),
    '',
    ...(derivations.length === 0 ? [] : ['## What `set` can make beside expressions', '', ...table('set', derivations), '']),
    '## Operations on a field',
    '',
    ...groups.flatMap((group) => [
      `### ${group}`,
      '',
      ...table(
        'operation',
        operations.filter((each) => each.group === group),
      ),
      '',
    ]),
  ].join('\n');
}
