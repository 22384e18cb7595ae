import type { Problem } from '../../singer/index.ts';
import type { QuarantineOptions } from '../engine/rule-set.ts';
import type { TransformConfig } from './settings.ts';

/** Reads the setting `quarantine`. */
export function quarantineOptions(given: TransformConfig['quarantine'], problems: Problem[]): QuarantineOptions {
  const { max, mask_personal: masked, stream } = given ?? {};
  return { stream: stream ?? '{stream}__quarantine', most: mostOf(max, problems), raw: masked === false };
}

/** `5%` is a share of all records, `100` a count. */
function mostOf(max: string | number | undefined, problems: Problem[]): QuarantineOptions['most'] {
  if (max === undefined) return undefined;
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(max))?.[1];
  if (share !== undefined && Number(share) <= 100) return { share: Number(share) / 100 };
  const count = Number(max);
  if (Number.isInteger(count) && count >= 0) return { count };
  problems.push({ path: 'quarantine.max', message: 'must be a whole number of records, or a share such as 5%' });
  return undefined;
}
