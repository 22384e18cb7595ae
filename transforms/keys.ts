/** A secret key for keyed operations. Its bytes stay in here. */
export interface Key {
  /** Names the key in tokens and reports: given in the config, or the first 8 hexadecimal digits of an HMAC of the key. */
  readonly id: string;
  /**
   * HMAC-SHA256 of a text for a purpose: equal for equal texts in the same domain, in every run and on every machine; unrelated
   * between domains. The returned bytes are valid until the next call.
   */
  hmac(domain: string, text: string): Buffer;
}

/** The keys of a run. */
export interface Keys {
  /** The names of the configured keys. */
  readonly names: readonly string[];
  /** The key of that name; the only one if no name is given. Undefined if there is no such key, or several and no name. */
  find(name: string | undefined): Key | undefined;
}
