import type { About } from './about.ts';
import { typesOf } from './config-names.ts';
import type { Setting } from '../settings.ts';

/** Where each kind stands in meltano.yml. */
const LISTS = { tap: 'extractors', target: 'loaders', mapper: 'mappers' } as const;

/**
 * The `plugins:` part of meltano.yml. Without a pip_url Meltano installs nothing and runs `./bin/<name>`; with one it
 * would look for a virtual environment. A mapper comes last, so that its mappings, which are the user's, can stand right behind.
 */
export function meltanoPlugins(abouts: readonly About[]): string {
  const lines = ['plugins:'];
  for (const kind of ['tap', 'target', 'mapper'] as const) {
    if (!abouts.some((about) => about.kind === kind)) continue;
    lines.push(`  ${LISTS[kind]}:`);
    for (const about of abouts) if (about.kind === kind) lines.push(...pluginLines(about).map((line) => `    ${line}`));
  }
  return lines.join('\n');
}

function pluginLines(about: About): string[] {
  return [
    `- name: ${about.name}`,
    `  namespace: ${about.name.replaceAll('-', '_')}`,
    `  description: ${quote(about.description)}`,
    `  executable: ./bin/${about.name}`,
    `  capabilities: [${about.capabilities.join(', ')}]`,
    '  settings:',
    ...Object.entries(about.settings).flatMap(([name, setting]) => settingLines(name, setting).map((line) => `    ${line}`)),
  ];
}

function settingLines(name: string, setting: Setting): string[] {
  const kind = kindOf(setting);
  const lines = [`- name: ${quote(name)}`, `  kind: ${kind}`];
  if (setting.secret) lines.push('  sensitive: true');
  lines.push(`  description: ${quote(setting.description)}`);
  if (setting.aliases !== undefined) lines.push(`  aliases: [${setting.aliases.map(quote).join(', ')}]`);
  if (kind === 'options') {
    lines.push('  options:');
    for (const option of setting.options!) lines.push(`    - { label: ${quote(option)}, value: ${quote(option)} }`);
  }
  return lines;
}

/**
 * Kinds that Meltano's schema still allows and that survive an environment variable: a `decimal` set by one breaks the
 * file Meltano writes, so a number goes as text, which the executables accept.
 */
function kindOf(setting: Setting): string {
  if (setting.options !== undefined) return 'options';
  const type = typesOf(setting)[0]!;
  return type === 'number' ? 'string' : type;
}

/** A plain word as it is; else a JSON string, which is a YAML string too. */
function quote(text: string): string {
  return /^[a-z][a-z\d_]*$/i.test(text) && !YAML_WORDS.test(text) ? text : JSON.stringify(text);
}

/** Words that YAML would not read as text. */
const YAML_WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;
