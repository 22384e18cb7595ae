import type { JsonSchema } from '../../../singer/tap/index.ts';

/** The types a column of a CSV file may have. */
export const TYPE_NAMES = ['string', 'integer', 'number', 'decimal', 'boolean', 'date', 'date-time', 'time'] as const;

export type TypeName = (typeof TYPE_NAMES)[number];

/** How each type is announced. A decimal travels as text: its digits survive any reader that knows only doubles. */
export const TYPE_SCHEMAS: Readonly<Record<TypeName, JsonSchema>> = {
  string: { type: ['null', 'string'] },
  integer: { type: ['null', 'integer'] },
  number: { type: ['null', 'number'] },
  decimal: { type: ['null', 'string'], format: 'singer.decimal' },
  boolean: { type: ['null', 'boolean'] },
  date: { type: ['null', 'string'], format: 'date' },
  'date-time': { type: ['null', 'string'], format: 'date-time' },
  time: { type: ['null', 'string'], format: 'time' },
};

/** The type that a property of a catalog announces, null aside; undefined if it is none of these. */
export function typeOfSchema({ type, format }: JsonSchema): TypeName | undefined {
  const types: unknown[] = Array.isArray(type) ? type : [type];
  if (types.includes('string') && format === undefined) return 'string';
  const [only, ...more] = types.filter((name) => name !== 'null');
  if (more.length > 0) return undefined;
  return TYPE_NAMES.find((name) => {
    const schema = TYPE_SCHEMAS[name];
    return Array.isArray(schema['type']) && schema['type'].includes(only) && schema['format'] === format;
  });
}

/** Types whose values are written without quotes in JSON. */
export const BARE_TYPES: ReadonlySet<TypeName> = new Set(['integer', 'number', 'boolean']);

/** How the cells of one column are read. */
export interface ColumnType {
  readonly name: TypeName;
  /** Forms of dates and times to try, in order; none: ISO 8601. */
  readonly formats: readonly string[];
  /** Zone of times that name none; undefined: such times do not fit. */
  readonly zone: string | undefined;
  readonly decimal: string;
  readonly thousands: string | undefined;
  /** Texts around a number that do not count. */
  readonly strip: readonly string[];
  /** Texts that mean null. */
  readonly nullValues: readonly string[];
  /** What happens to a cell that does not fit. */
  readonly onMisfit: OnMisfit;
}

export type OnMisfit = 'keep' | 'null' | 'malformed';

/** The settings of an entry that speak of types. */
export interface TypeOptions {
  readonly types: Readonly<Record<string, string | TypeDeclaration>> | undefined;
  readonly null_values: readonly string[] | undefined;
  readonly infer_types: 'none' | 'sample';
  readonly on_type_error: OnMisfit | undefined;
  readonly zone: string | undefined;
}

/** A member of `types` that says more than the type; from a definition file its members may be absent. */
export interface TypeDeclaration {
  readonly type: string;
  readonly format?: string | readonly string[] | undefined;
  readonly zone?: string | undefined;
  readonly decimal?: string | undefined;
  readonly thousands?: string | undefined;
  readonly strip?: string | readonly string[] | undefined;
  readonly null_values?: readonly string[] | undefined;
}

/** What `strip: currency` takes off. */
const CURRENCY = ['€', '$', '£', '¥', '₹', '₩', '₽', 'CHF', 'EUR', 'USD', 'GBP', 'JPY', 'SGD', 'AUD', 'CAD', 'CNY', 'INR', 'kr'];

/** The columns that an entry gives a type, by name. */
export function declaredTypes(entry: TypeOptions): Map<string, ColumnType> {
  const types = new Map<string, ColumnType>();
  for (const [column, given] of Object.entries(entry.types ?? {})) {
    const said: TypeDeclaration = typeof given === 'string' ? { type: given } : given;
    types.set(column, {
      ...plainType(said.type as TypeName, entry),
      onMisfit: entry.on_type_error ?? 'malformed',
      formats: listOf(said.format),
      zone: said.zone ?? entry.zone,
      decimal: said.decimal ?? '.',
      thousands: said.thousands,
      strip: listOf(said.strip).flatMap((text) => (text === 'currency' ? CURRENCY : [text])),
      nullValues: said.null_values ?? entry.null_values ?? [],
    });
  }
  return types;
}

/** A type that the entry did not give, as it is read there. */
export function plainType(name: TypeName, entry: TypeOptions): ColumnType {
  return {
    name,
    formats: [],
    zone: entry.zone,
    decimal: '.',
    thousands: undefined,
    strip: [],
    nullValues: entry.null_values ?? [],
    onMisfit: entry.on_type_error ?? 'keep',
  };
}

/** True if cells that do not fit may go to a column of their own. */
export function keepsMisfits(entry: TypeOptions): boolean {
  if (entry.on_type_error !== undefined) return entry.on_type_error === 'keep' && (entry.types !== undefined || infers(entry));
  return infers(entry);
}

function infers(entry: TypeOptions): boolean {
  return entry.infer_types === 'sample';
}

/** What is wrong with the settings about types: the setting and why. */
export function typeProblems(entry: TypeOptions): { setting: string; message: string }[] {
  const problems: { setting: string; message: string }[] = [];
  const report = (setting: string, message: string): void => void problems.push({ setting, message });
  if (entry.zone !== undefined && !isZone(entry.zone)) report('zone', `${JSON.stringify(entry.zone)} is no time zone`);
  for (const [column, given] of Object.entries(entry.types ?? {})) {
    const place = `types.${column}`;
    // A definition file brings anything.
    const said: unknown = typeof given === 'string' ? { type: given } : given;
    if (typeof said !== 'object' || said === null || Array.isArray(said)) {
      report(place, 'must be a type or an object with a type');
      continue;
    }
    for (const [member, value] of Object.entries(said)) {
      const form = MEMBER_FORMS[member];
      if (form === undefined) report(`${place}.${member}`, `is not known (there are ${Object.keys(MEMBER_FORMS).join(', ')})`);
      else if (value !== undefined && value !== null && !form.fits(value)) report(`${place}.${member}`, form.message);
    }
    const { type, decimal = '.', thousands } = said as Partial<TypeDeclaration>;
    if (type === undefined) report(`${place}.type`, 'is required');
    if (thousands === decimal) report(`${place}.thousands`, 'must differ from decimal');
    for (const [member, { types, isSet }] of Object.entries(MEMBERS_OF_TYPES)) {
      if (TYPE_NAMES.some((name) => name === type && !types.includes(name)) && isSet(Reflect.get(said, member))) {
        report(`${place}.${member}`, `means nothing with the type ${type}: it is for ${types.join(', ')}`);
      }
    }
  }
  return problems;
}

/** What is wrong with the forms of dates and times; loads their library if there are any. */
export async function formatProblems(entry: TypeOptions): Promise<{ setting: string; message: string }[]> {
  const problems: { setting: string; message: string }[] = [];
  for (const [column, said] of Object.entries(entry.types ?? {})) {
    // What is wrong with the declaration itself, `typeProblems` tells.
    const { type, format } = typeof said === 'object' && said !== null ? said : {};
    const kind = TYPE_NAMES.find((name) => name === type);
    if (kind === undefined || !isTimeType(kind) || !(isText(format) || isTexts(format))) continue;
    for (const text of listOf(format)) {
      const message = (await import('./times.ts')).formatProblem(text, kind);
      if (message !== undefined) problems.push({ setting: `types.${column}.format`, message });
    }
  }
  return problems;
}

/** True for a type that may have forms of its own. */
export function isTimeType(name: TypeName): name is 'date' | 'date-time' | 'time' {
  return name === 'date' || name === 'date-time' || name === 'time';
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Members of a declaration that only some types have. */
const MEMBERS_OF_TYPES: Readonly<Record<string, { types: readonly TypeName[]; isSet: (value: unknown) => boolean }>> = {
  format: { types: ['date', 'date-time', 'time'], isSet: isGiven },
  zone: { types: ['date-time'], isSet: isGiven },
  // Its default is filled in.
  decimal: { types: ['integer', 'number', 'decimal'], isSet: (value) => isGiven(value) && value !== '.' },
  thousands: { types: ['integer', 'number', 'decimal'], isSet: isGiven },
  strip: { types: ['integer', 'number', 'decimal'], isSet: isGiven },
};

const isText = (value: unknown): boolean => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isMark = (value: unknown): boolean => typeof value === 'string' && /^[^\d+\-eE]$/u.test(value);

/** What the members of a declaration must be. */
const MEMBER_FORMS: Readonly<Record<string, { fits: (value: unknown) => boolean; message: string }>> = {
  type: {
    fits: (value) => TYPE_NAMES.some((name) => name === value),
    message: `must be one of ${TYPE_NAMES.join(', ')}`,
  },
  format: { fits: (value) => isText(value) || isTexts(value), message: 'must be a text or a list of texts' },
  zone: { fits: (value) => typeof value === 'string' && isZone(value), message: 'is no time zone' },
  decimal: { fits: isMark, message: 'must be one character, no digit or sign' },
  thousands: { fits: isMark, message: 'must be one character, no digit or sign' },
  strip: { fits: (value) => isText(value) || isTexts(value), message: 'must be a text or a list of texts' },
  null_values: { fits: isTexts, message: 'must be a list of texts' },
};

/** True for a name of the time zone database, and for an offset. */
function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // RangeError: no such zone.
    return false;
  }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
