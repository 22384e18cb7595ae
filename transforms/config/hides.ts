import { isJsonObject, type Json } from '../../singer/index.ts';
import { operations } from '../operations/index.ts';

/** Rules that take something away for good. */
const HIDING: readonly string[] = ['drop', 'keep', 'unlisted', 'erase'];

/** True if the rules of a stream hide something: by a rule, in whichever round, or by an operation, wherever that stands. */
export function hidesSomething(rules: Json | undefined): boolean {
  if (isJsonObject(rules)) {
    if (HIDING.some((name) => Object.hasOwn(rules, name))) return true;
    if ([rules['then']].flat().some((round) => isJsonObject(round) && hidesSomething(round))) return true;
  }
  return namesHiding(rules);
}

function namesHiding(value: Json | undefined): boolean {
  if (typeof value === 'string') return operations.find(value)?.privacy !== undefined;
  if (Array.isArray(value)) return value.some((item: Json) => namesHiding(item));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => operations.find(name)?.privacy !== undefined || namesHiding(member));
}
