import { typesOf } from './config-names.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Setting, Settings } from '../settings.ts';

/** The JSON Schema (draft 7) of settings, as `--about --format json` shows it. Defaults of secrets are left out. */
export function settingsSchema(settings: Settings): JsonObject {
  const required = Object.keys(settings).filter((name) => settings[name]!.required);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...objectOf(settings),
    ...(required.length > 0 ? { required } : {}),
  };
}

function objectOf(settings: Settings): JsonObject {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, schemaOf(setting)])),
  };
}

function schemaOf(setting: Setting): JsonObject {
  const types = typesOf(setting);
  const required = Object.entries(setting.properties ?? {}).flatMap(([name, inner]) => (inner.required ? [name] : []));
  const members: Record<string, Json | undefined> = {
    type: setting.required ? (types.length === 1 ? types[0]! : types) : [...types, 'null'],
    description:
      setting.ignored === undefined ? setting.description : `${setting.description} Without effect here: ${setting.ignored}`,
    default: setting.secret ? undefined : setting.default,
    enum: setting.options === undefined ? undefined : setting.required ? setting.options : [...setting.options, null],
    examples: setting.secret ? undefined : setting.examples,
    minimum: setting.minimum,
    maximum: setting.maximum,
    items: setting.items === undefined ? undefined : schemaOf(setting.items),
    properties: setting.properties === undefined ? undefined : objectOf(setting.properties)['properties'],
    required: required.length > 0 ? required : undefined,
    additionalProperties: setting.members === undefined ? (setting.strict ? false : undefined) : schemaOf(setting.members),
    // As the Meltano SDK marks secrets.
    secret: setting.secret,
    writeOnly: setting.secret,
    'x-aliases': setting.aliases,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
