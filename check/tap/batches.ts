import { batchRows } from '../batch-rows.ts';
import { check, type Check } from '../check.ts';
import { canonical, must, mustSucceed, story } from '../expect.ts';
import { schemaCompiler } from '../formats.ts';
import { messagesOf, parse, recordsOf } from '../messages.ts';
import { excerpt } from '../process.ts';
import { schemaOf, sync } from './catalog.ts';

export const tapBatchChecks: readonly Check[] = [
  check(93, 'BATCH files are complete when they are named', ['tap'], async (lab) => {
    const { config } = await lab.source();
    const plain = recordsOf((await sync(lab, config)).messages);
    const running = await lab.start({ config: { ...config, ...lab.way('batch') } });
    const rows: { readonly stream: string; readonly record: Readonly<Record<string, unknown>> }[] = [];
    let read = 0;
    // Files are read the moment their message is there: a target may do so, too.
    const look = (): void => {
      const text = running.stdout().toString();
      for (let end = text.indexOf('\n', read); end >= 0; end = text.indexOf('\n', read)) {
        rows.push(...batchRows(parse(text.slice(read, end))));
        read = end + 1;
      }
    };
    let problem: unknown;
    running.onChunk(() => {
      try {
        look();
      } catch (error) {
        problem ??= error;
      }
    });
    const ran = await running.ended(60_000);
    mustSucceed(ran, 'a sync with batch_config');
    if (problem !== undefined) throw problem as Error;
    must(rows.length > 0, `no BATCH came: ${story(ran)}`);
    const messages = messagesOf(ran);
    const found = [...rows, ...recordsOf(messages).map(({ stream, record }) => ({ stream, record }))];
    const texts = new Set(found.map((one) => canonical(one)));
    const other = plain.find(({ stream, record }) => !texts.has(canonical({ stream, record })));
    must(found.length === plain.length, `${found.length} records came by files, ${plain.length} by messages`);
    must(
      other === undefined,
      `a record is not in the files as it is in messages: ${excerpt(JSON.stringify(other?.record ?? null), 200)}`,
    );
    const compile = schemaCompiler();
    for (const { stream, record } of rows) {
      const validate = compile(schemaOf(messages, stream).schema);
      must(validate(record), `a record in a file of ${stream} breaks its SCHEMA: ${JSON.stringify(validate.errors)}`);
    }
  }),
];
