import { flagsOf, type Flag } from './flags.ts';
import type { Plugin } from '../plugin.ts';
import { typesOf } from './config-names.ts';
import type { Settings } from '../settings.ts';

/** The text of `--help`. `settings` are all of them: the plugin's and those of its kind. */
export function helpText(plugin: Plugin, settings: Settings): string {
  const flags = flagsOf(plugin);
  const commands = Object.entries(plugin.commands ?? {});
  const lines = [plugin.summary, '', `Usage: ${plugin.name} --config FILE [flags]`];
  for (const [name] of commands) lines.push(`       ${plugin.name} ${name} --config FILE`);
  if (commands.length > 0) lines.push('', 'Commands:', ...rows(commands.map(([name, { summary }]) => [name, summary])));
  lines.push('', 'Flags:', ...rows(Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.description])));
  const listed = Object.entries(settings).map(([name, setting]): [string, string] => [
    name,
    `${typesOf(setting).join(' or ')}${setting.required ? ', required' : ''}`,
  ]);
  lines.push('', 'Settings (what they mean: --about --format text):', ...rows(listed));
  return lines.join('\n');
}

function flagText(name: string, flag: Flag): string {
  const value = flag.value === undefined ? '' : flag.optional ? `[=${flag.value}]` : ` ${flag.value}`;
  return `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${name}${value}`;
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
