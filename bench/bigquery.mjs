// @ts-check
import { spawn, execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { root } from '../scripts/command.mjs';

const run = promisify(execFile);

/** Something that takes uploads as BigQuery does, and only counts their bytes. */
export class UploadSink {
  /** @param {string} url @param {import('node:child_process').ChildProcess} child */
  constructor(url, child) {
    this.url = url;
    this.child = child;
  }

  /** @returns {Promise<UploadSink>} */
  static async start() {
    const child = spawn(process.execPath, ['bench/upload-sink.mjs'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`The sink has ended with ${code}`)));
      child.stdout.once('data', (text) => resolve(String(text).trim()));
    });
    return new UploadSink(url, child);
  }

  /** Seconds that our upload of a file takes. @param {string} path @returns {Promise<number>} */
  async ours(path) {
    const { stdout } = await run(process.execPath, ['bench/upload.mjs', this.url, path], { cwd: root });
    return JSON.parse(stdout).seconds;
  }

  /** The same of curl. @param {string} path @returns {Promise<number>} */
  async curl(path) {
    const { stdout } = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{time_total}', '-T', path, `${this.url}/upload`]);
    return Number(stdout);
  }

  stop() {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }

  /** Settings of a target that loads into it. */
  get config() {
    return { project: 'bench', dataset: 'bench', api_endpoint: this.url, denormalized: true };
  }
}
