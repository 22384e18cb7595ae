// RECORD lines on stdin to the files that target-bigquery loads: the whole of the core and of the target but for the network. Built sources
// are needed. The file of the last stream becomes OUT. With RUN_ID its rows get a digest, as in runs that may be begun again.
//   node bench/records-to-parts.mjs gzip|none OUT [RUN_ID] < LINES
import { renameSync } from 'node:fs';
import process from 'node:process';
import { checkConfig } from '../dist/singer/shell/config.js';
import { openInput } from '../dist/singer/shell/input.js';
import { allSettings } from '../dist/singer/shell/plugin-settings.js';
import { load } from '../dist/singer/target/load.js';
import { createRowEncoder } from '../dist/targets/bigquery/parts/encoder.js';
import { clockBytes } from '../dist/targets/bigquery/parts/metadata.js';
import { Spool } from '../dist/targets/bigquery/parts/spool.js';
import { settings } from '../dist/targets/bigquery/settings.js';
import { planTable } from '../dist/targets/bigquery/tables/plan.js';

const [compression, out, runId] = process.argv.slice(2);
const options = { denormalized: true, metadata: true, casing: 'keep', method: 'append', types: { numberType: 'float64' } };

const target = {
  kind: 'target',
  name: 'target-bigquery',
  summary: '',
  settings,
  async open(_, run) {
    const spool = new Spool({
      compression,
      clockBytes: runId === undefined ? undefined : (plan) => clockBytes(plan.row, run),
      knownOf: () => undefined,
      stagingOf: () => undefined,
      onKnown() {},
    });
    const plans = new Map();
    return {
      async openStream(header) {
        const plan = planTable(header, header.stream, new Map(), options);
        plans.set(header, plan);
        return createRowEncoder(plan.row, run, { validated: true, onChange() {} });
      },
      async load({ parts, state, last }) {
        await spool.add(
          parts.map((part) => ({ ...part, plan: plans.get(part.header) })),
          state !== undefined,
        );
        return last ? 'committed' : 'open';
      },
      async finish() {
        for (const { path } of await spool.take('')) renameSync(path, out);
      },
      close: () => spool.close(),
    };
  },
};

const { config } = checkConfig(allSettings(target), { project: 'p', dataset: 'd' });
const say = (message) => process.stderr.write(`${message}\n`);
await load({
  target,
  config,
  run: {
    name: target.name,
    version: '0',
    log: { debug() {}, info() {}, conceal() {}, warn: say, error: say, warnOnce: (_, message) => say(message) },
    signal: new AbortController().signal,
  },
  input: await openInput(undefined),
  output: { write() {}, flush: () => Promise.resolve() },
  meter: { records() {}, state() {}, summary() {}, close() {} },
});
