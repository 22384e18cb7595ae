import {
  ConfigError,
  isJsonObject,
  type Json,
  type JsonObject,
  nearest,
  type Problem,
  type Settings,
} from '../../singer/index.ts';
import { checkConfig } from '../../singer/mapper/index.ts';
import type { Layer, RuleCall, StreamRules } from '../engine/rule-set.ts';
import { ON_ERROR, type OnError } from '../fault.ts';
import { globOf, splitPatterns } from '../path.ts';
import { rules } from '../rules/index.ts';
import { watchRule } from '../rules/watch.ts';
import { hidesSomething } from './hides.ts';
import { loadNamed } from './load.ts';

/** What an entry says beside its rules. */
const MARKS = {
  personal: {
    type: 'boolean',
    description: 'The stream holds personal data: a field that no rule names ends the run (unless `unlisted` says otherwise).',
  },
  on_error: {
    type: 'string',
    options: ON_ERROR,
    description: 'What becomes of values that cleaning operations of this stream cannot take.',
  },
  optional: { type: 'boolean', description: 'Nobody is told if no such stream comes.' },
  then: {
    type: ['object', 'array'],
    description:
      'Rules that run after all of these, in their usual order: for what has to be done in another order. A list: one round after the other.',
  },
} as const satisfies Settings;

/** One entry of `transforms`: a stream's name, a pattern, or several separated by commas. */
interface Entry {
  readonly path: string;
  readonly patterns: readonly { readonly text: string; readonly regex: RegExp | undefined }[];
  readonly rules: StreamRules;
  readonly hides: boolean;
  readonly optional: boolean;
  met: boolean;
}

/** Reads the setting `transforms`. What is wrong is put into `problems`. */
export async function ownLayer(given: JsonObject, problems: Problem[]): Promise<Layer> {
  await loadNamed(given);
  const entries = Object.entries(given).map(([key, value]) => entryOf(key, value ?? null, problems));
  const watches = entries.flatMap(({ rules }) => (rules.kind === 'rules' ? rules.calls.flatMap(watchesOf) : []));
  const find = (stream: string): Entry | undefined => {
    const exact = entries.find(({ patterns }) => patterns.some(({ text, regex }) => regex === undefined && text === stream));
    const others = entries.filter(({ patterns }) => patterns.some(({ regex }) => regex?.test(stream)));
    const [found, ...rest] = exact === undefined ? others : [exact, ...others];
    if (found !== undefined) refuseOverruled(stream, found, rest);
    return found;
  };
  return {
    name: 'transforms',
    entries: entries.map(({ patterns, rules }) => ({ stream: patterns.map(({ text }) => text).join(', '), rules })),
    find(stream) {
      const entry = find(stream);
      const calls = watches.filter((watch) => watch.stream === stream).map(({ call }) => call);
      if (entry === undefined) return calls.length === 0 ? undefined : { ...PLAIN, calls };
      entry.met = true;
      return entry.rules.kind === 'removed'
        ? entry.rules
        : { ...entry.rules, calls: withWatches(entry, entry.rules.calls, calls) };
    },
    hides: (stream) => find(stream)?.hides,
    unmet: () =>
      entries
        .filter(({ met, optional }) => !met && !optional)
        .map(({ path, patterns }) => ({ path, pattern: patterns.map(({ text }) => text).join(', ') })),
    guarded: () =>
      entries
        .filter(({ met, hides }) => !met && hides)
        .flatMap(({ path, patterns }) =>
          patterns.filter(({ regex }) => regex === undefined).map(({ text }) => ({ path, name: text })),
        ),
  };
}

/** One entry holds for a stream: that by its name, or the first pattern. An entry without rules says that it is to pass as it is. */
function refuseOverruled(stream: string, found: Entry, others: readonly Entry[]): void {
  if (found.hides || (found.rules.kind === 'rules' && found.rules.calls.length === 0)) return;
  const overruled = others.find((other) => other !== found && other.hides);
  if (overruled === undefined) return;
  const message = `holds for ${stream}, so that ${overruled.path}, which hides something, does not: say here what is to be hidden, or "unlisted": "pass" if nothing is`;
  throw new ConfigError([{ path: found.path, message }], { code: 'transform-stream', facts: { stream } });
}

function entryOf(key: string, value: Json, problems: Problem[]): Entry {
  const path = `transforms.${key}`;
  const patterns = splitPatterns(key).map((text) => ({ text, regex: text.includes('*') ? globOf(text) : undefined }));
  const about = { path, patterns, met: false };
  if (value === 'drop') return { ...about, rules: { kind: 'removed' }, hides: true, optional: false };
  if (!isJsonObject(value)) {
    problems.push({ path, message: 'must be an object of rules, or the word drop' });
    return { ...about, rules: { kind: 'removed' }, hides: false, optional: false };
  }
  const marks = checkConfig(MARKS, Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(MARKS, name))));
  problems.push(...marks.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` })));
  const { personal, on_error, optional } = marks.config as { personal?: boolean; on_error?: OnError; optional?: boolean };
  const asked = personal === true && !saysUnlisted(value) ? { ...value, unlisted: 'fail' } : value;
  const isForMany = patterns.length > 1 || patterns.some(({ regex }) => regex !== undefined);
  const calls = roundsOf(asked, path, problems).map((call) => ({ ...call, isForMany }));
  return {
    ...about,
    rules: { kind: 'rules', calls, path, personal: personal ?? false, onError: on_error },
    hides: (personal ?? false) || hidesSomething(value),
    optional: optional ?? false,
  };
}

function saysUnlisted(rules: JsonObject): boolean {
  if ((rules['unlisted'] ?? null) !== null) return true;
  return [rules['then']].flat().some((round) => isJsonObject(round) && saysUnlisted(round));
}

/** A stream without an entry. */
const PLAIN = { kind: 'rules', path: '', personal: false, onError: undefined } as const;

/** What a rule wants to see of other streams, as a rule of those. */
function watchesOf({ rule, path, value }: RuleCall): { readonly stream: string; readonly call: RuleCall }[] {
  return (rule.watches?.(value) ?? []).map((watch) => ({
    stream: watch.stream,
    call: { rule: watchRule(watch), value: true, path },
  }));
}

/** The rules with some that watch, behind those of the first round that clean and check. */
function withWatches({ path }: Entry, calls: readonly RuleCall[], watching: readonly RuleCall[]): RuleCall[] {
  const { names } = rules;
  const last = names.indexOf('json_schema');
  const isBefore = (call: RuleCall): boolean => !call.path.startsWith(`${path}.then`) && names.indexOf(call.rule.name) <= last;
  const first = calls.findIndex((call) => !isBefore(call));
  const at = first < 0 ? calls.length : first;
  return [...calls.slice(0, at), ...watching, ...calls.slice(at)];
}

/** The rules of an entry, those of its further rounds behind them. */
function roundsOf(given: JsonObject, path: string, problems: Problem[]): RuleCall[] {
  const { then } = given;
  const rounds: readonly Json[] = then === undefined || then === null ? [] : Array.isArray(then) ? then : [then];
  return [
    ...callsOf(given, path, problems),
    ...rounds.flatMap((round, index) => {
      const at = Array.isArray(then) ? `${path}.then[${index}]` : `${path}.then`;
      if (!isJsonObject(round)) {
        problems.push({ path: at, message: 'must be an object of rules' });
        return [];
      }
      const marks = Object.keys(round).filter((name) => name !== 'then' && Object.hasOwn(MARKS, name));
      problems.push(
        ...marks.map((name) => ({ path: `${at}.${name}`, message: 'is said of the stream, not of a round of rules' })),
      );
      return roundsOf(round, at, problems);
    }),
  ];
}

function callsOf(given: JsonObject, path: string, problems: Problem[]): RuleCall[] {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(MARKS, name) || rules.names.includes(name)) continue;
    const near = nearest(name, [...rules.names, ...Object.keys(MARKS)]);
    problems.push({
      path: `${path}.${name}`,
      message: `there is no rule of this name${near === undefined ? '' : `; did you mean ${near}?`}`,
    });
  }
  const calls = rules.names.flatMap((name): RuleCall[] => {
    const value = given[name];
    if (value === undefined || value === null) return [];
    const rule = rules.find(name)!;
    const checked = checkConfig({ [name]: rule.setting }, { [name]: value });
    const found = [...checked.problems, ...checked.unknown.map((unknown) => unknownRule(unknown))];
    problems.push(...found.map((problem) => ({ ...problem, path: `${path}.${problem.path}` })));
    return found.length > 0 ? [] : [{ rule, value: checked.config[name] as Json, path: `${path}.${name}` }];
  });
  return withEarlyParts(calls);
}

/** A part of a rule that runs before another one stands there: `set` can read values as they were before `fields`. */
function withEarlyParts(calls: readonly RuleCall[]): RuleCall[] {
  return calls.flatMap((call) => [
    ...calls.flatMap((later) => {
      const part = later.rule.before?.[call.rule.name];
      return part === undefined ? [] : [{ ...later, rule: part }];
    }),
    call,
  ]);
}

function unknownRule({ path, nearest }: { path: string; nearest: string | undefined }): Problem {
  return { path, message: `is not known here${nearest === undefined ? '' : `; did you mean ${nearest}?`}` };
}
