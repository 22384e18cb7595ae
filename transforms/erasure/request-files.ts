import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../singer/index.ts';
import { rowsOf } from '../table-file.ts';

/**
 * The rows of all files that a path or a pattern means (`*` within a name, `**` for any folders): CSV with a header, JSON lines or a JSON list of
 * objects, plain or gzipped. What is wrong is told to `problem`, with no word of what they hold.
 */
export function readRequests(pattern: string, problem: (message: string) => void): readonly JsonObject[] {
  return requestFiles(pattern, problem).flatMap((file) => {
    try {
      const bytes = readFileSync(file);
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
      return rowsOf(text, file.replace(/\.gz$/, ''));
    } catch (error) {
      const reason =
        error instanceof SyntaxError
          ? 'holds no requests that can be understood'
          : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
      problem(`the file ${file} ${reason}`);
      return [];
    }
  });
}

/** The files that a path or a pattern means. A path that leads nowhere is told to `problem`. */
export function requestFiles(pattern: string, problem: (message: string) => void): string[] {
  const files = filesOf(pattern);
  if (files.length === 0 && !pattern.includes('*')) problem(`there is no file ${pattern}`);
  return files;
}

function filesOf(pattern: string): string[] {
  if (!pattern.includes('*')) return existsSync(pattern) ? [pattern] : [];
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => part.includes('*'));
  const folder = parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const regex = new RegExp(`^${parts.slice(first).map(partOf).join('').replace(/\/$/, '')}$`, 's');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => regex.test(path.slice(folder === '.' ? 0 : join(folder, '/').length)))
    .toSorted();
}

function partOf(part: string): string {
  if (part === '**') return '(?:[^/]+/)*';
  return `${part
    .split('*')
    .map((text) => text.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('[^/]*')}/`;
}
