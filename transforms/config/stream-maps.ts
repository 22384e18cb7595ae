import type { FlattenOptions, Problem } from '../../singer/index.ts';
import type { Layer, RuleCall, StreamRules } from '../engine/rule-set.ts';
import { type MapEntry, mapEntries, matcher } from '../stream-maps/entry.ts';
import { flattenRule } from '../stream-maps/flatten.ts';
import { type MapsOfStream, streamMapsRule } from '../stream-maps/rule.ts';
import type { TransformConfig } from './settings.ts';

type Given = Pick<
  TransformConfig,
  'stream_maps' | 'flattening_enabled' | 'flattening_max_depth' | 'flattening_max_key_length' | 'flattening_separator'
>;

/** Reads the settings of the SDK's dialect. What is wrong is put into `problems`. */
export function streamMapsLayer(config: Given, problems: Problem[]): Layer {
  const flatten = flattenOf(config, problems);
  const { entries, keepsOthers } = mapEntries(config.stream_maps ?? {}, problems);
  const known = entries.map((entry) => ({ entry, matches: matcher(entry.source), met: false }));
  const flattening: RuleCall[] =
    flatten === undefined ? [] : [{ rule: flattenRule(flatten), value: true, path: 'flattening_enabled' }];
  const removes = { kind: 'removed' } as const;

  return {
    name: 'stream_maps',
    entries: entries.map((entry) => ({ stream: entry.source, rules: aloneRules(entry) })),
    find(stream, isMade = false): StreamRules | undefined {
      const found = isMade ? [] : known.filter(({ matches }) => matches(stream));
      for (const one of found) one.met = true;
      const owns = found.map(({ entry }) => entry).filter(({ isCopy }) => !isCopy);
      const own = owns.at(-1);
      const maps: MapsOfStream = {
        own: own?.map === undefined ? undefined : own,
        shadowed: owns.slice(0, -1),
        removed: own === undefined ? !keepsOthers && !isMade : own.map === undefined,
        copies: found.flatMap(({ entry }) => (entry.isCopy && entry.map !== undefined ? [entry] : [])),
      };
      if (maps.removed && maps.copies.length + maps.shadowed.length === 0) return removes;
      const isMapped = maps.own !== undefined || maps.copies.length + maps.shadowed.length > 0;
      const calls = [...(isMapped ? [callOf(maps)] : []), ...(maps.removed ? [] : flattening)];
      // A stream that an entry names has been thought of, even if nothing is to be done.
      return calls.length === 0 && own === undefined
        ? undefined
        : { kind: 'rules', calls, path: own?.path ?? 'stream_maps', personal: false, onError: undefined, copies: copiesOf(maps) };
    },
    hides(stream) {
      const own = known.findLast(({ entry, matches }) => !entry.isCopy && matches(stream))?.entry;
      return own === undefined ? undefined : hides(own);
    },
    unmet: () => known.filter(({ met }) => !met).map(({ entry }) => ({ path: entry.path, pattern: entry.source })),
    guarded: () =>
      known.filter(({ entry, met }) => !met && hides(entry)).map(({ entry }) => ({ path: entry.path, name: entry.source })),
  };
}

/** What one entry says, as if there were no others. */
function aloneRules(entry: MapEntry): StreamRules {
  const { isCopy, map, path } = entry;
  if (map === undefined) return { kind: 'removed' };
  const maps = { own: isCopy ? undefined : entry, shadowed: [], removed: false, copies: isCopy ? [entry] : [] };
  return { kind: 'rules', calls: [callOf(maps)], path, personal: false, onError: undefined };
}

function copiesOf({ copies }: MapsOfStream): string[] {
  return copies.map(({ key }) => key);
}

function callOf(maps: MapsOfStream): RuleCall {
  return { rule: streamMapsRule(maps), value: null, path: 'stream_maps' };
}

/** An entry by which a stream, or something in it, does not pass as it is. */
function hides({ isCopy, map, source }: MapEntry): boolean {
  if (isCopy || /[*?[]/.test(source)) return false;
  return map === undefined || !map.keepsOthers || map.filter !== undefined || map.properties.length > 0;
}

/** The SDK's own defaults. */
function flattenOf(config: Given, problems: Problem[]): FlattenOptions | undefined {
  if (config.flattening_enabled !== true) return undefined;
  const { flattening_max_depth, flattening_max_key_length, flattening_separator } = config;
  if (flattening_max_depth === undefined) {
    problems.push({ path: 'flattening_max_depth', message: 'is required when flattening_enabled is true' });
  }
  return {
    maxDepth: flattening_max_depth ?? 0,
    separator: flattening_separator ?? '__',
    maxNameBytes: flattening_max_key_length ?? 255,
  };
}
