import type { Json } from './json.ts';

/**
 * One setting, declared once. From it come the config type, validation, defaults, environment names, secret masking,
 * `--about`, the docs page and the meltano.yml block.
 */
export interface Setting {
  readonly type: SettingType | readonly SettingType[];
  /** What it does and what it costs, as to a tired operator. One or two sentences. */
  readonly description: string;
  readonly default?: Json;
  readonly required?: true;
  /** Its value is masked everywhere. */
  readonly secret?: true;
  /** Allowed values, for strings. */
  readonly options?: readonly string[];
  readonly examples?: readonly Json[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Other names under which it is accepted: the peers' names. Same meaning, same type. */
  readonly aliases?: readonly string[];
  /** For objects with known members. */
  readonly properties?: Settings;
  /** For these: a member that nobody declares is a mistake. Elsewhere it is left out, with a warning. */
  readonly strict?: true;
  /** For objects with free member names: what each member is. */
  readonly members?: Setting;
  /** For objects and lists: the names within are those of streams and fields, not of settings, so that none of them means a secret. */
  readonly namesData?: true;
  /** For arrays: what each item is. */
  readonly items?: Setting;
  /** True if `stream_options` may set it for some streams only. */
  readonly perStream?: true;
  /** Accepted and without effect here; says why. Kept so that a peer's config works unchanged. */
  readonly ignored?: string;
}

export type SettingType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

export interface Settings {
  readonly [name: string]: Setting;
}

/** The exact config type of a declaration: required or defaulted settings are never undefined. */
export type Config<S extends Settings> = {
  readonly [K in keyof S as IsSure<S[K]> extends true ? K : never]: SettingValue<S[K]>;
} & {
  readonly [K in keyof S as IsSure<S[K]> extends true ? never : K]: SettingValue<S[K]> | undefined;
};

type IsSure<T extends Setting> = T extends { required: true } ? true : T extends { default: Json } ? true : false;

/** The type of one setting's value where it is set. */
export type SettingValue<T extends Setting> = T['type'] extends readonly (infer U)[] ? ValueOf<U, T> : ValueOf<T['type'], T>;

type ValueOf<U, T extends Setting> = U extends 'string'
  ? T extends { options: readonly (infer O)[] }
    ? O
    : string
  : U extends 'integer' | 'number'
    ? number
    : U extends 'boolean'
      ? boolean
      : U extends 'array'
        ? T extends { items: infer I extends Setting }
          ? readonly SettingValue<I>[]
          : readonly Json[]
        : U extends 'object'
          ? T extends { properties: infer P extends Settings }
            ? Config<P>
            : T extends { members: infer M extends Setting }
              ? { readonly [name: string]: SettingValue<M> }
              : { readonly [name: string]: Json }
          : never;
