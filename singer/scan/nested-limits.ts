import { spaceEnd, valueEnd } from './json-scan.ts';
import { keepsLimit, type Limit } from './limits.ts';
import { NameTable, spellings } from './name-table.ts';
import { checkedEnd } from './slot-checks.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** What a value must be. */
export interface Rule {
  /** Its type: a check of slot-checks.ts. */
  readonly check: number;
  /** What is asked beyond that. */
  readonly limit: Limit | undefined;
  /** For objects and arrays with a limit: reads one, syntax and all; gives the offset after it, -1 if it is not as the rule says. */
  readonly end?: End;
}

export type End = (bytes: Uint8Array, at: number) => number;

/** Members that one integer's bits can keep account of. */
export const MAX_MEMBERS = 31;

/** What reads a nested value as a limit of one whose end is known. */
export function asLimit(read: End): Limit {
  return (bytes, start, end) => read(bytes, start) === end;
}

/** Reads a value; gives the offset after it, -1 if it is not as the rule says. `kinds` has room for one. */
function ruleEnd({ check, limit, end: read }: Rule, bytes: Uint8Array, at: number, kinds: Uint8Array): number {
  if (read !== undefined && (bytes[at] === OPEN_BRACE || bytes[at] === OPEN_BRACKET)) return read(bytes, at);
  const end = checkedEnd(check, bytes, at, kinds, 0);
  return end >= 0 && keepsLimit(limit, bytes, at, end, kinds[0]!) ? end : -1;
}

/** `items`: every item of an array. */
export function itemsEnd(rule: Rule): End {
  const kinds = new Uint8Array(1);
  return (bytes, start) => {
    if (bytes[start] !== OPEN_BRACKET) return -1;
    let at = spaceEnd(bytes, start + 1);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = ruleEnd(rule, bytes, at, kinds);
      if (at < 0) return -1;
      at = spaceEnd(bytes, at);
      if (bytes[at] !== COMMA) return bytes[at] === CLOSE_BRACKET ? at + 1 : -1;
      at = spaceEnd(bytes, at + 1);
    }
  };
}

export interface MemberRules {
  /** At most MAX_MEMBERS. */
  readonly members: ReadonlyMap<string, Rule>;
  readonly required: ReadonlySet<string>;
  /** True if names that are not in `members` are allowed. */
  readonly open: boolean;
}

/** `properties`, `required` and a plain `additionalProperties` of an object. Refuses names in rare spellings and names twice. */
export function membersEnd({ members, required, open }: MemberRules): End {
  const kinds = new Uint8Array(1);
  const names = new NameTable();
  const rules = [...members.values()];
  let needed = 0;
  [...members.keys()].forEach((name, i) => {
    for (const spelling of spellings(name)) names.add(spelling, i);
    if (required.has(name)) needed |= 1 << i;
  });
  return (bytes, start) => {
    if (bytes[start] !== OPEN_BRACE) return -1;
    let at = spaceEnd(bytes, start + 1);
    if (bytes[at] === CLOSE_BRACE) return needed === 0 ? at + 1 : -1;
    for (let seen = 0; ;) {
      if (bytes[at] !== QUOTE) return -1;
      const number = names.read(bytes, at + 1);
      if (number < 0 && (names.end < 0 || names.escaped || !open)) return -1;
      at = spaceEnd(bytes, names.end + 1);
      if (bytes[at] !== COLON) return -1;
      at = spaceEnd(bytes, at + 1);
      if (number < 0) at = valueEnd(bytes, at);
      else {
        if (((seen >> number) & 1) === 1) return -1;
        seen |= 1 << number;
        at = ruleEnd(rules[number]!, bytes, at, kinds);
      }
      if (at < 0) return -1;
      at = spaceEnd(bytes, at);
      if (bytes[at] !== COMMA) return bytes[at] === CLOSE_BRACE && (seen & needed) === needed ? at + 1 : -1;
      at = spaceEnd(bytes, at + 1);
    }
  };
}
