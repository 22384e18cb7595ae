import { card } from './card.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { phoneIn } from './phone.ts';
import { ssn } from './ssn.ts';

/** What a detector may be told. */
export interface DetectorOptions {
  /** Two letters each. */
  readonly regions: readonly string[];
  /** Is told regions that are none. */
  readonly problem: (region: string) => void;
}

/** By the word in the config. */
export const DETECTORS = {
  email: () => email,
  phone: ({ problem, regions }) => phoneIn(regions, problem),
  card: () => card,
  iban: () => iban,
  ssn: () => ssn,
  ip: () => ip,
} as const satisfies Readonly<Record<string, (options: DetectorOptions) => Detector>>;

export type DetectorName = keyof typeof DETECTORS;
