import { cast, TYPE_NAMES, type Cast } from './config-cast.ts';
import { aliasTable, canonical, isObject, typesOf, type Given } from './config-names.ts';
import type { Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import { nearest } from './nearest.ts';
import type { Setting, Settings, SettingType } from '../settings.ts';

/** A setting that nobody declares. */
export interface UnknownSetting {
  readonly path: string;
  /** The declared name it most likely means. */
  readonly nearest: string | undefined;
}

export interface CheckedConfig {
  /** Cast, defaults filled in at every depth, own names only: the `Config` type of the declaration if nothing is wrong. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Everything that is wrong, not only the first. */
  readonly problems: readonly Problem[];
  /** Left out of `config`. */
  readonly unknown: readonly UnknownSetting[];
  /** Given, accepted and without effect here, with the reason. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
}

/** Checks settings against their declaration. Null is the same as not given. Pure. */
export function checkConfig(settings: Settings, given: Given): CheckedConfig {
  const findings: Findings = { problems: [], unknown: [], ignored: [] };
  return { config: checkMembers(settings, given, '', findings), ...findings };
}

/**
 * Checks some settings, which stand at `path`, without asking for the others: at this level nothing is required and no default is
 * filled in. Pure.
 */
export function checkGiven(settings: Settings, given: Given, path: string): CheckedConfig {
  const asked = Object.entries(settings).map(([name, setting]) => {
    const { default: _, required: __, ...rest } = setting;
    return [name, rest] as const;
  });
  const findings: Findings = { problems: [], unknown: [], ignored: [] };
  return { config: checkMembers(Object.fromEntries(asked), given, path, findings), ...findings };
}

interface Findings {
  readonly problems: Problem[];
  readonly unknown: UnknownSetting[];
  readonly ignored: { path: string; reason: string }[];
}

function checkMembers(
  settings: Settings,
  given: Given,
  path: string,
  findings: Findings,
  isStrict = false,
): Record<string, unknown> {
  const named = canonical(settings, given);
  const entries: [string, unknown][] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const value = Object.hasOwn(named, name) ? named[name] : undefined;
    const at = join(path, name);
    if ((value ?? null) === null) {
      if (setting.default !== undefined) entries.push([name, check(setting, setting.default, at, findings)]);
      else if (setting.required) findings.problems.push({ path: at, message: 'is required' });
      continue;
    }
    if (setting.ignored !== undefined) findings.ignored.push({ path: at, reason: setting.ignored });
    entries.push([name, check(setting, value, at, findings)]);
  }
  for (const name of Object.keys(named)) {
    if (Object.hasOwn(settings, name)) continue;
    const near = nearest(name, aliasTable(settings).keys());
    const at = join(path, name);
    if (!isStrict) findings.unknown.push({ path: at, nearest: near });
    else findings.problems.push({ path: at, message: `is not known here${near === undefined ? '' : `; did you mean ${near}?`}` });
  }
  return Object.fromEntries(entries);
}

function check(setting: Setting, given: unknown, path: string, findings: Findings): unknown {
  const { type, result } = firstFit(setting, given);
  if ('fault' in result) {
    findings.problems.push({ path, message: result.fault });
    return undefined;
  }
  const { value } = result;
  const fault = limitFault(setting, value);
  if (fault !== undefined) findings.problems.push({ path, message: fault });
  if (type === 'array' && setting.items !== undefined) {
    return (value as unknown[]).map((item, index) => check(setting.items!, item, `${path}[${index}]`, findings));
  }
  if (type !== 'object') return value;
  if (setting.properties !== undefined) return checkMembers(setting.properties, value as Given, path, findings, setting.strict);
  if (setting.members === undefined) return value;
  const members = Object.entries(value as Given).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, check(setting.members!, member, join(path, name), findings)]));
}

/** The first declared type that takes the value: as it is if one does, else cast. */
function firstFit(setting: Setting, given: unknown): { type: SettingType; result: Cast } {
  const types = typesOf(setting) as readonly SettingType[];
  const native = types.find((type) => type !== 'string' && isNative(type, given));
  const order = native === undefined ? types : [native];
  for (const type of order) {
    const result = cast(type, given);
    if ('value' in result || types.length === 1) return { type, result };
  }
  return { type: types[0]!, result: { fault: `must be ${types.map((type) => TYPE_NAMES[type]).join(' or ')}` } };
}

function isNative(type: SettingType, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  return typeof value === (type === 'integer' ? 'number' : type) && (type !== 'integer' || Number.isInteger(value));
}

function limitFault(setting: Setting, value: unknown): string | undefined {
  if (typeof value === 'number') {
    if (setting.minimum !== undefined && value < setting.minimum) return `must be at least ${setting.minimum}`;
    if (setting.maximum !== undefined && value > setting.maximum) return `must be at most ${setting.maximum}`;
  }
  if (typeof value === 'string' && setting.options !== undefined && !setting.options.includes(value)) {
    const near = nearest(value, setting.options);
    return `must be one of ${setting.options.map(quote).join(', ')}${near === undefined ? '' : `; did you mean ${quote(near)}?`}`;
  }
  return undefined;
}

/** One line for all unknown settings: Meltano and users pass extras, so it is no more than a warning. */
export function unknownText(unknown: readonly UnknownSetting[]): string {
  return unknown.map(({ path, nearest }) => (nearest === undefined ? path : `${path} (did you mean ${nearest}?)`)).join(', ');
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function quote(text: Json): string {
  return JSON.stringify(text);
}
