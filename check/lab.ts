import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Skipped } from './check.ts';
import { disguise } from './disguise.ts';
import { startProcess, type Ran, type Running } from './process.ts';
import type { Config, Destination, Source, SourceWish, Subject } from './subject.ts';
import { inFolder, WAYS, type Way } from './ways.ts';

export interface RunOptions {
  /** Arguments after `--config`. */
  readonly args?: readonly string[];
  /** Settings for `--config FILE`; false for none; the subject's own by default. */
  readonly config?: Config | false;
  /** What stdin gives before its end; nothing by default. */
  readonly input?: string | Buffer;
  /** True: nothing is written and stdin stays open. */
  readonly open?: true;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Instead of the subject's command. */
  readonly command?: readonly string[];
  readonly milliseconds?: number;
}

export interface LabStart extends Omit<RunOptions, 'input' | 'open' | 'milliseconds'> {
  readonly read?: boolean;
  readonly keep?: boolean;
}

/** What one check works with: the subject, a folder of its own, processes that are gone when it is closed. */
export interface Lab {
  readonly subject: Subject;
  readonly dir: string;
  /** Writes a file in the folder and gives its path. */
  file(name: string, content: string | Buffer): Promise<string>;
  /** Runs the subject to its end. */
  run(options?: RunOptions): Promise<Ran>;
  /** Starts the subject; stdin stays open. */
  start(options?: LabStart): Promise<Running>;
  /** A source of the wished kind; skips the check when the subject has none. */
  source(wish?: SourceWish, amount?: number): Promise<Source>;
  /** A source of the wished kind, or undefined. */
  sourceIfAny(wish: SourceWish): Promise<Source | undefined>;
  /** Whether settings for this way are known. */
  can(way: Way): boolean;
  /** The settings that make the subject work in this way; skips the check when none are known. */
  way(way: Way): Config;
  /** The same, or no settings. */
  perhaps(way: Way): Config;
  /** An empty destination; `settings` are laid over its config. */
  destination(settings?: Config): Promise<Destination>;
  /** An empty destination that can be read back; skips the check when the subject has none. */
  readable(settings?: Config): Promise<Required<Pick<Destination, 'config' | 'readBack'>> & Destination>;
  close(): Promise<void>;
}

/** Opens a lab for one check of one subject. */
export async function openLab(subject: Subject, { keep = false }: { readonly keep?: boolean } = {}): Promise<Lab> {
  const dir = await mkdtemp(join(tmpdir(), 'check-'));
  // A destination server may run as another user than the checks.
  await chmod(dir, 0o755);
  const running = new Set<Running>();
  const leftovers: (() => Promise<void>)[] = [];
  const token = randomBytes(4).toString('hex');
  let files = 0;

  const file = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, content);
    return path;
  };
  const start = async (options: LabStart = {}): Promise<Running> => {
    const command = [...(options.command ?? subject.command)];
    const config = options.config ?? subject.config;
    const args = [...(options.args ?? [])];
    if (config !== false) {
      command.push('--config', await file(`config-${files++}.json`, JSON.stringify(config)));
      args.push(...(subject.moreArgs?.(args) ?? []));
    }
    const bare = startProcess({
      command: [...command, ...args],
      env: { ...process.env, ...quiet, ...subject.env, ...options.env },
      cwd: options.cwd ?? subject.cwd ?? dir,
      folder: dir,
      ...(options.read === undefined ? {} : { read: options.read }),
      ...(options.keep === undefined ? {} : { keep: options.keep }),
    });
    const started = subject.oneDestination === true ? disguise(bare, token) : bare;
    running.add(started);
    return started;
  };
  const destination = async (settings: Config = {}): Promise<Destination> => {
    if (subject.makeDestination === undefined) return { config: { ...subject.config, ...settings } };
    const made = await subject.makeDestination(settings);
    if (made.drop !== undefined) leftovers.push(made.drop);
    return made;
  };
  const settingsOf = (way: Way): Config | undefined => {
    const settings = subject.ways?.[way];
    return settings === undefined ? undefined : inFolder(settings, dir);
  };
  const sourceIfAny = async (wish: SourceWish, amount = 1): Promise<Source | undefined> => {
    const made = await subject.makeSource?.(wish, amount);
    if (made?.drop !== undefined) leftovers.push(made.drop);
    return made ?? (wish === 'small' ? { config: subject.config } : undefined);
  };
  return {
    subject,
    dir,
    file,
    start,
    async run(options = {}) {
      const { input = '', open, milliseconds, ...rest } = options;
      const started = await start(rest);
      if (open !== true) {
        void started.write(input);
        started.end();
      }
      const ran = await started.ended(milliseconds);
      running.delete(started);
      return ran;
    },
    async source(wish = 'small', amount = 1) {
      const made = await sourceIfAny(wish, amount);
      if (made === undefined) throw new Skipped(`it needs a source of the kind "${wish}"`);
      return made;
    },
    sourceIfAny,
    can: (way) => subject.ways?.[way] !== undefined,
    way(way) {
      const settings = settingsOf(way);
      if (settings === undefined) throw new Skipped(`no setting is known with which it ${WAYS[way].what} ("${way}")`);
      return settings;
    },
    perhaps: (way) => settingsOf(way) ?? {},
    destination,
    async readable(settings) {
      const made = await destination(settings);
      const { readBack } = made;
      if (readBack === undefined) throw new Skipped('it needs a look into the destination');
      return { ...made, readBack };
    },
    async close() {
      for (const process of running) process.kill('SIGKILL');
      await Promise.all(
        [...running].map(async (process) => {
          process.release();
          await process.ended(10_000);
        }),
      );
      for (const drop of leftovers) await drop();
      if (!keep) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The caller's own settings for plugins and logs must not reach the subject. */
const quiet: Record<string, undefined> = {
  SINGER_SDK_LOG_CONFIG: undefined,
  LOGLEVEL: undefined,
  LOGGING_CONF_FILE: undefined,
  NODE_OPTIONS: undefined,
  VITEST: undefined,
};
