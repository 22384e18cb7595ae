import { typesOf } from './config-names.ts';
import { variableName } from './config-sources.ts';
import type { Plugin } from '../plugin.ts';
import { settingsSchema } from './settings-schema.ts';
import type { Setting, Settings } from '../settings.ts';

/** What an executable says of itself. */
export interface About {
  readonly name: string;
  readonly kind: Plugin['kind'];
  readonly description: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly settings: Settings;
  /** Sub-commands and what they do. */
  readonly commands: Readonly<Record<string, string>>;
}

/** What the core itself gives every plugin of a kind. Only names that Meltano's own schema lists. */
const CORE_CAPABILITIES = {
  tap: ['catalog', 'discover', 'state', 'about', 'test', 'batch', 'structured-logging'],
  target: ['about', 'batch', 'schema-flattening', 'structured-logging'],
  mapper: ['about', 'structured-logging'],
} as const;

/** `settings` are all of them: the plugin's and those of its kind. */
export function aboutPlugin(plugin: Plugin, settings: Settings, version: string): About {
  return {
    name: plugin.name,
    kind: plugin.kind,
    description: plugin.summary,
    version,
    capabilities: [...new Set([...CORE_CAPABILITIES[plugin.kind], ...(plugin.capabilities ?? [])])],
    settings,
    commands: Object.fromEntries(Object.entries(plugin.commands ?? {}).map(([name, { summary }]) => [name, summary])),
  };
}

/** Prints it in one of the formats of `--about`. */
export function aboutText(about: About, format: 'text' | 'json' | 'markdown'): string {
  return RENDERERS[format](about);
}

const RENDERERS = { text: plainText, json: jsonText, markdown: markdownText } as const;

function jsonText({ name, description, version, capabilities, settings }: About): string {
  return JSON.stringify({ name, description, version, capabilities, settings: settingsSchema(settings) }, null, 2);
}

function plainText({ name, description, version, capabilities, settings }: About): string {
  const lines = [`${name} ${version}`, description, '', `Capabilities: ${capabilities.join(', ')}`, '', 'Settings:'];
  for (const { path, setting } of flattened(settings)) {
    const facts = factsOf(setting);
    lines.push(`  ${path} (${facts.join(', ')})`, `      ${describe(setting)}`);
  }
  return lines.join('\n');
}

/** The page of `docs/plugins/` too. */
function markdownText({ name, kind, description, version, capabilities, settings, commands }: About): string {
  const lines = [`# ${name}`, '', description, '', `Version ${version}. Capabilities: ${capabilities.map(code).join(', ')}.`, ''];
  lines.push('## Use', '', '```sh', ...USES[kind](name), '```', '');
  const names = Object.keys(commands);
  if (names.length > 0) {
    lines.push('## Commands', '', '| command | what it does |', '| --- | --- |');
    for (const command of names) lines.push(`| ${code(`${name} ${command}`)} | ${cell(commands[command]!)} |`);
    lines.push('');
  }
  lines.push('## Settings', '', settingsTable(settings));
  const example = variableName(name, [Object.keys(settings)[0] ?? 'setting']);
  lines.push(
    '',
    `With ${code('--config ENV')} each setting is also read from a variable such as ${code(example)}, also one in \`.env\`; lists and objects are given as JSON text.`,
    '',
  );
  return lines.join('\n');
}

/** Settings as a table of Markdown, nested ones after what holds them. */
export function settingsTable(settings: Settings): string {
  const lines = ['| setting | type | default | meaning |', '| --- | --- | --- | --- |'];
  for (const { path, setting } of flattened(settings)) {
    lines.push(`| ${code(path)} | ${cell(typeText(setting))} | ${defaultText(setting)} | ${cell(markdownMeaning(setting))} |`);
  }
  return lines.join('\n');
}

const USES: Readonly<Record<About['kind'], (name: string) => string[]>> = {
  tap: (name) => [
    `${name} --config config.json --discover > catalog.json`,
    `${name} --config config.json --catalog catalog.json --state state.json`,
  ],
  mapper: (name) => [`tap-csv --config tap.json | ${name} --config config.json | target-jsonl --config target.json`],
  target: (name) => [`tap-csv --config tap.json | ${name} --config config.json > states.jsonl`],
};

function markdownMeaning(setting: Setting): string {
  const parts = [describe(setting)];
  if (setting.options !== undefined) parts.push(`One of ${setting.options.map(code).join(', ')}.`);
  if (setting.secret) parts.push('Secret: masked wherever it might be printed.');
  if (setting.perStream) parts.push('May differ by stream: see `stream_options`.');
  if (setting.examples !== undefined && !setting.secret) {
    parts.push(`Example: ${setting.examples.map((example) => code(JSON.stringify(example))).join(', ')}.`);
  }
  if (setting.aliases !== undefined) parts.push(`Also accepted as ${setting.aliases.map(code).join(', ')}.`);
  return parts.join(' ');
}

function describe({ description, ignored }: Setting): string {
  return ignored === undefined ? description : `${description} Without effect here: ${ignored}`;
}

function factsOf(setting: Setting): string[] {
  const facts = [typeText(setting)];
  if (setting.required) facts.push('required');
  if (setting.secret) facts.push('secret');
  if (setting.perStream) facts.push('may differ by stream');
  if (setting.default !== undefined && !setting.secret) facts.push(`default ${JSON.stringify(setting.default)}`);
  if (setting.options !== undefined) facts.push(`one of ${setting.options.join(' | ')}`);
  if (setting.aliases !== undefined) facts.push(`also ${setting.aliases.join(', ')}`);
  return facts;
}

function typeText(setting: Setting): string {
  return typesOf(setting).join(' or ');
}

function defaultText(setting: Setting): string {
  if (setting.required) return '**required**';
  return setting.default === undefined || setting.secret ? '' : code(JSON.stringify(setting.default));
}

/** All settings with their paths, nested ones after what holds them: `files[].path`, `streams.*.keys`. */
function* flattened(settings: Settings, above = ''): Generator<{ readonly path: string; readonly setting: Setting }> {
  for (const [name, setting] of Object.entries(settings)) yield* below(`${above}${name}`, setting);
}

function* below(path: string, setting: Setting): Generator<{ readonly path: string; readonly setting: Setting }> {
  yield { path, setting };
  if (setting.properties !== undefined) yield* flattened(setting.properties, `${path}.`);
  if (setting.items?.properties !== undefined) yield* flattened(setting.items.properties, `${path}[].`);
  if (setting.members?.properties !== undefined) yield* flattened(setting.members.properties, `${path}.*.`);
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
