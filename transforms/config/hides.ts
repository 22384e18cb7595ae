import { isJsonObject, type Json } from '../../singer/index.ts';
import { operationOf } from '../operations/index.ts';

/** True if an entry of the config names an operation that hides something, wherever that stands in it. */
export function hidesSomething(value: Json | undefined): boolean {
  if (typeof value === 'string') return operationOf(value)?.privacy !== undefined;
  if (Array.isArray(value)) return value.some((item: Json) => hidesSomething(item));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(
    ([name, member]) => operationOf(name)?.privacy !== undefined || name === 'erase' || hidesSomething(member),
  );
}
