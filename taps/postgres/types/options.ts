import type { Config } from '../../../singer/tap/index.ts';
import type { OutOfRange, Special } from '../model.ts';
import type { typeSettings } from './settings.ts';

/** What the settings say of types. */
export interface TypeOptions {
  readonly decimals: 'number' | 'string' | 'singer.decimal';
  readonly special: Special;
  readonly outOfRange: OutOfRange;
  readonly json: 'any' | 'object' | 'string';
  readonly datesAsString: boolean;
  readonly binary: 'base64' | 'hex' | 'omit';
  /** An IANA name, or UTC. */
  readonly zone: string;
  readonly trimChar: boolean;
  readonly money: 'number' | 'string';
  readonly bit: 'boolean' | 'string';
  readonly ranges: 'string' | 'object';
  readonly composites: 'object' | 'string';
  readonly intervals: 'duration' | 'seconds';
  /** `any`: whatever was declared, a value may have any number. */
  readonly dimensions: 'declared' | 'any';
  readonly enumLabels: boolean;
  readonly geometry: 'hex' | 'ewkt' | 'geojson';
}

/** The settings as the type table wants them. */
export function typeOptions(config: Config<typeof typeSettings>): TypeOptions {
  return {
    decimals: config.use_singer_decimal ? 'singer.decimal' : config.decimal_handling,
    special: config.special_numbers,
    outOfRange: config.temporal_out_of_range,
    json: config.json_as_object ? 'object' : config.json_handling,
    datesAsString: config.dates_as_string,
    binary: config.binary_handling,
    zone: config.timestamp_zone.toUpperCase() === 'UTC' ? 'UTC' : config.timestamp_zone,
    trimChar: config.trim_char,
    money: config.money_handling,
    bit: config.bit_handling,
    ranges: config.range_handling,
    composites: config.composite_handling,
    intervals: config.interval_handling,
    dimensions: config.array_dimensions,
    enumLabels: config.enum_labels,
    geometry: config.geometry_handling,
  };
}
