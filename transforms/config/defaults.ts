import type { Problem } from '../../singer/index.ts';
import type { Defaults } from '../operation.ts';
import type { TransformConfig } from './settings.ts';

/** Reads the setting `defaults`. What is wrong is put into `problems`, and what holds where nothing is said takes its place. */
export async function defaultsOf(given: TransformConfig['defaults'], problems: Problem[]): Promise<Defaults> {
  const { locale, on_error: onError, zone } = given ?? {};
  return { locale: (await localeOf(locale, problems)) ?? 'en', zone: (await zoneOf(zone, problems)) ?? 'UTC', onError };
}

async function localeOf(locale: string | undefined, problems: Problem[]): Promise<string | undefined> {
  if (locale === undefined) return undefined;
  const { isLocale, noLocale } = await import('../datetime/locale-names.ts');
  if (isLocale(locale)) return locale;
  problems.push({ path: 'defaults.locale', message: noLocale(locale) });
  return undefined;
}

async function zoneOf(zone: string | undefined, problems: Problem[]): Promise<string | undefined> {
  if (zone === undefined) return undefined;
  const { createZones, noZone } = await import('../datetime/zone.ts');
  if (createZones()(zone) !== undefined) return zone;
  problems.push({ path: 'defaults.zone', message: noZone(zone) });
  return undefined;
}
