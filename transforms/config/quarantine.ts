import type { Problem } from '../../singer/index.ts';
import type { QuarantineOptions } from '../engine/rule-set.ts';
import { streamName } from '../names.ts';
import { THRESHOLD_FORM, thresholdOf } from '../threshold.ts';
import type { TransformConfig } from './settings.ts';

/** Reads the setting `quarantine`. */
export function quarantineOptions(given: TransformConfig['quarantine'], problems: Problem[]): QuarantineOptions {
  const { max, mask_personal: masked, stream } = given ?? {};
  if (stream !== undefined) streamName(stream, '', (message) => problems.push({ path: 'quarantine.stream', message }));
  return { stream: stream ?? '{stream}__quarantine', most: mostOf(max, problems), raw: masked === false };
}

function mostOf(max: string | number | undefined, problems: Problem[]): QuarantineOptions['most'] {
  if (max === undefined) return undefined;
  const most = thresholdOf(max);
  if (most === undefined) problems.push({ path: 'quarantine.max', message: THRESHOLD_FORM });
  return most;
}
