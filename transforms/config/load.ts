import { isJsonObject, type Json } from '../../singer/index.ts';
import { conditions } from '../conditions.ts';
import { derivations } from '../derivations/index.ts';
import { operations } from '../operations/index.ts';
import { rules } from '../rules/index.ts';

/** Loads all that the setting `transforms` may call by name: rules, operations, derivations. */
export async function loadNamed(given: Json): Promise<void> {
  const names = new Set<string>();
  addNames(given, names);
  // A stream that is marked so has the rule without naming it.
  if (names.has('personal')) names.add('unlisted');
  await Promise.all([rules, operations, derivations, conditions].map((named) => named.load(names)));
}

/** Every member name and text, whatever it is there: most are fields, which costs nothing. */
function addNames(value: Json | undefined, names: Set<string>): void {
  if (typeof value === 'string') names.add(value);
  else if (Array.isArray(value)) for (const item of value) addNames(item as Json, names);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      names.add(name);
      addNames(member, names);
    }
  }
}
