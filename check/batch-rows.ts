import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { must } from './expect.ts';
import { isObject, parse } from './messages.ts';

/** The rows in the files of a BATCH message of the SDK; none for other messages. */
export function batchRows(message: unknown): { stream: string; record: Readonly<Record<string, unknown>> }[] {
  if (!isObject(message) || message['type'] !== 'BATCH') return [];
  const { stream, encoding, manifest } = message;
  must(typeof stream === 'string' && Array.isArray(manifest), `a BATCH lacks stream or manifest: ${JSON.stringify(message)}`);
  must(isObject(encoding) && encoding['format'] === 'jsonl', `a BATCH is no jsonl: ${JSON.stringify(encoding)}`);
  const packed = encoding['compression'] === 'gzip';
  return manifest.flatMap((url) => {
    const path = String(url).startsWith('file:') ? fileURLToPath(String(url)) : String(url);
    const bytes = packed ? gunzipSync(readFileSync(path)) : readFileSync(path);
    const lines = bytes.toString().trimEnd().split('\n');
    return lines.map((line) => {
      const record = parse(line);
      must(
        isObject(record) && !(record['type'] === 'RECORD' && 'record' in record),
        `${path} holds a line that is no bare record`,
      );
      return { stream, record };
    });
  });
}
