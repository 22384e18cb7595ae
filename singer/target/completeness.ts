import { InputError } from '../errors.ts';

/**
 * For destinations that replace content at the end of a run. Throws InputError `overwrite-incomplete` if one of the streams that would
 * replace theirs is not among those that were read to their end.
 */
export function refuseIncomplete(replacing: readonly string[], complete: ReadonlySet<string>): void {
  const incomplete = replacing.filter((stream) => !complete.has(stream));
  if (incomplete.length === 0) return;
  throw new InputError(
    `Nothing is overwritten: the input ended without proof that ${incomplete.join(', ')} was read to its end`,
    {
      code: 'overwrite-incomplete',
      facts: { streams: incomplete },
      hint: 'The tap must send a STATE after the last record of a stream. For a tap that sends none, set overwrite_on_eof to true.',
    },
  );
}
