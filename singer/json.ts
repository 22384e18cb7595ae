/** Any JSON value. `ExactNumber` stands where a JavaScript number would change the source text. */
export type Json = null | boolean | number | string | ExactNumber | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** A record of a stream: property name to value. */
export type Row = Record<string, Json | undefined>;

/** A JSON Schema as taps send it (draft 4 to 7); kept open because strangers write it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A number token kept as the text it came as, because `Number(text)` would print differently. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** So that template strings and text columns show the source text. */
  toString(): string {
    return this.text;
  }
}

/** True for an object that is not a list and not a number kept as text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
