import type { Json, JsonObject, Log, Problem } from '../../singer/index.ts';
import type { Defaults } from '../operation.ts';
import type { Keys } from '../keys.ts';
import type { Keep } from './keeper.ts';
import type { Rule } from '../rule.ts';
import type { Threshold } from '../threshold.ts';

/** One use of a rule, checked. */
export interface RuleCall {
  readonly rule: Rule;
  readonly value: Json;
  /** Where it stands in the config. */
  readonly path: string;
  /** The entry that it stands in is for several streams. */
  readonly isForMany?: boolean;
}

/** What a layer says of a stream. */
export type StreamRules =
  | { readonly kind: 'removed' }
  | {
      readonly kind: 'rules';
      /** In the order in which they run. */
      readonly calls: readonly RuleCall[];
      /** The entry of the config that it comes from. */
      readonly path: string;
      readonly personal: boolean;
      readonly onError: Defaults['onError'];
      /** Streams made of this one as it comes, before the rules of later layers. */
      readonly copies?: readonly string[];
    };

/** The rules of one dialect. Layers run one after the other: transformations, stream_maps, transforms. */
export interface Layer {
  /** The setting's name. */
  readonly name: string;
  /** What each of its entries says, with the name or pattern of the streams that it is for. */
  readonly entries: readonly { readonly stream: string; readonly rules: StreamRules }[];
  /** What is said of a stream; undefined: nothing, it passes as it is. `isMade`: rules have made it of another one. */
  find(stream: string, isMade?: boolean): StreamRules | undefined;
  /** True if what is said of a stream hides something; undefined if nothing is said of it. */
  hides(stream: string): boolean | undefined;
  /** Entries that no stream has met so far, with a hint at a name that is near one that came. To be asked at the end of the input. */
  unmet(): readonly { readonly path: string; readonly pattern: string }[];
  /** Entries that hide something and have met no stream yet: a stream with nearly such a name, but no entry, must not pass. */
  readonly guarded: () => readonly { readonly path: string; readonly name: string }[];
}

/** All that the engine is told. */
export interface RuleSet {
  readonly layers: readonly Layer[];
  readonly keys: Keys;
  readonly defaults: Defaults;
  readonly vars: JsonObject;
  /** For what hangs on the config alone and takes time to make: the check before the run and all SCHEMAs share it. */
  readonly once: Keep;
  readonly quarantine: QuarantineOptions;
  readonly report: ReportOptions;
  /** The stream of the counts of each stream; undefined: none. */
  readonly statsStream: string | undefined;
  /** What each check may remember. */
  readonly checkMemoryBytes: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Where the report of the checks goes. */
export interface ReportOptions {
  readonly file: string | undefined;
  readonly stream: string | undefined;
}

export interface QuarantineOptions {
  /** `{stream}` stands for the record's stream. */
  readonly stream: string;
  /** Most records that may be put aside: a count, or a share of all (0 to 1); undefined: any number. */
  readonly most: Threshold | undefined;
  /** Keep fields that privacy operations hide in clear. Off unless the user says so. */
  readonly raw: boolean;
}

/**
 * What would pass in clear, although it looks as if rules hid it: a stream that gets the name of other rules, and copies of a stream that
 * are made before its rules run.
 */
export function problemsOfNames({ layers }: RuleSet, stream: string, out: string): Problem[] {
  const renamed = layers.filter(() => out !== stream);
  const passedOver = renamed.filter((layer) => layer.hides(out) === true && layer.hides(stream) !== true);
  const copied = layers.flatMap((layer, index) => {
    const found = layer.find(stream);
    const copies = found?.kind === 'rules' ? (found.copies ?? []) : [];
    return layers.slice(index + 1).flatMap((later) => {
      if (later.hides(stream) !== true) return [];
      return copies.filter((copy) => later.hides(copy) === undefined).map((copy) => ({ later, copy }));
    });
  });
  return [
    ...passedOver.map(({ name }) => ({
      path: name,
      message: `the rules for ${out} do not hold for ${stream}, which only becomes ${out}: rules are found by the name that a stream comes with; write them for ${stream}, too`,
    })),
    ...copied.map(({ copy, later }) => ({
      path: later.name,
      message: `${copy} is a copy of ${stream} as it comes, before the rules here that hide something in it; give ${copy} an entry of its own`,
    })),
  ];
}

/** All that the layers say of a stream, one after the other; undefined: nothing. */
export function resolveRules({ layers }: RuleSet, stream: string, { isMade = false } = {}): StreamRules | undefined {
  const found = layers.flatMap((layer) => layer.find(stream, isMade) ?? []);
  if (found.some(({ kind }) => kind === 'removed')) return { kind: 'removed' };
  const rules = found.filter((entry) => entry.kind === 'rules');
  if (rules.length === 0) return undefined;
  return {
    kind: 'rules',
    calls: rules.flatMap(({ calls }) => calls),
    path: rules[0]!.path,
    personal: rules.some(({ personal }) => personal),
    onError: rules.find(({ onError }) => onError !== undefined)?.onError,
  };
}
