import type { Answer, Ask, Run } from '../../../singer/tap/index.ts';
import { entriesOf } from '../entries.ts';
import { closeAll, groupsOf } from '../groups.ts';
import type { CsvConfig } from '../settings.ts';
import { formatOf } from '../formats.ts';
import { madeColumnsOf } from '../made-columns.ts';
import { examine } from './examine.ts';
import { examineLines } from './examine-lines.ts';
import type { StreamFacts } from './facts.ts';
import { reportText } from './text.ts';

/**
 * Reads all files once and says what is in them: dialect, drift of columns between files, ragged and malformed rows, null rates,
 * whether keys are unique. Not ok when a run would fail or a target would take two rows for one. Throws ConfigError and SystemError.
 */
export async function check(config: CsvConfig, run: Run, ask: Ask): Promise<Answer> {
  const groups = await groupsOf(await entriesOf(config, run.log), run);
  const streams: StreamFacts[] = [];
  try {
    for (const group of groups) {
      const isLines = group.parts.some((part) => formatOf(part) === 'jsonl');
      streams.push(await (isLines ? examineLines : examine)(group, madeColumnsOf(group, config.add_metadata_columns), run));
    }
  } finally {
    for (const group of groups) await closeAll(group.parts);
  }
  const report = { ok: streams.every((stream) => stream.problems.length === 0), streams };
  return { ok: report.ok, text: ask.format === 'json' ? JSON.stringify(report, undefined, 2) : reportText(report) };
}
