import { isJsonObject, type Json, type Settings } from '../../singer/index.ts';
import { checkConfig } from '../../singer/mapper/index.ts';

interface Declared {
  readonly name: string;
  readonly parameters: Settings;
  readonly main?: string;
}

/** Checked parameters of a check, with defaults; undefined if something is wrong with them, which `problem` is told. */
export function parametersIn(
  { main, name, parameters }: Declared,
  given: Json,
  problem: (message: string, at?: string) => void,
): Readonly<Record<string, unknown>> | undefined {
  const isBare = !isJsonObject(given);
  if (isBare && main === undefined) {
    problem(`${name} takes no bare value: give it ${Object.keys(parameters).join(', ') || 'a field'}`);
    return undefined;
  }
  const { config, problems, unknown } = checkConfig(parameters, isBare ? { [main!]: given } : given);
  for (const { path, message } of problems) problem(message, path);
  for (const { path, nearest } of unknown) {
    problem(`is not a parameter of ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`, path);
  }
  return problems.length + unknown.length > 0 ? undefined : config;
}
