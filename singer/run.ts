import { checkConfig, unknownText } from './shell/config.ts';
import { readConfig } from './shell/config-sources.ts';
import { redirectConsole } from './shell/console.ts';
import { ConfigError, TaplineError } from './errors.ts';
import { logFailure } from './shell/failure.ts';
import { parseArguments, type Arguments } from './shell/flags.ts';
import { logConfig } from './shell/log-config.ts';
import { secretsOf } from './shell/mask.ts';
import type { Output } from './output.ts';
import type { Plugin, Rules, Run } from './plugin.ts';
import { allSettings, jointProblems } from './shell/plugin-settings.ts';
import { createLog, type RunLog } from './shell/run-log.ts';
import type { Settings } from './settings.ts';
import { listenForSignals } from './shell/signals.ts';
import { Stderr } from './shell/stderr.ts';
import { createOutput } from './shell/stdout.ts';
import { packageVersion } from './shell/version.ts';

/** What a library may leave behind (sockets, timers) keeps the process no longer than this once all is done. */
const LEFTOVER_MS = 2_000;

/**
 * Runs a plugin as this process: flags, settings, signals, logs, exit code. The only place that prints failures and ends
 * the process. Ends it by letting the event loop run dry, because `process.exit` would cut what a pipe has not taken yet.
 *
 * `rules` are those that a tap or target may have in its own settings: what comes out of the one, and into the other, goes through them.
 *
 * Exit codes: 0 done; 2 flags or settings must change; 3 a check of the data broke; 143 and 130 stopped by SIGTERM and SIGINT; 1 everything else.
 */
export async function run(plugin: Plugin, rules?: Rules): Promise<void> {
  const stderr = new Stderr(process.stderr, process.env);
  // A closed stderr must not end the work: there is nobody left to tell.
  process.stderr.on('error', () => undefined);
  const config = logConfig(plugin.name, process.env);
  const log = createLog(plugin.name, config, stderr);
  if (config.complaint !== undefined) log.warn(config.complaint);
  redirectConsole(globalThis.console, log);
  process.removeAllListeners('warning').on('warning', (warning) => log.warn('Notice from Node.js', { notice: warning.message }));

  const { signal, release } = listenForSignals(process, leave);
  const shell: Shell = { plugin, rules, settings: allSettings(plugin, rules), stderr, log, signal };
  const onUncaught = (error: unknown): void => leave(report(log, error, signal));
  process.on('uncaughtException', onUncaught);
  const output = createOutput(process.stdout);
  const exitCode = await exitCodeOf(shell, output);
  process.exitCode = exitCode;
  await flushed(output, signal);
  release();
  setTimeout(() => leave(exitCode), LEFTOVER_MS).unref();
}

/** A failed run's last lines may still wait for a slow reader. After a signal nobody waits for it. */
async function flushed(output: Output, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  // A reader that went away has been reported already.
  await Promise.race([output.flush().catch(() => undefined), stopped]);
}

function leave(exitCode: number): never {
  process.exit(exitCode);
}

/** What one execution works with. */
interface Shell {
  readonly plugin: Plugin;
  readonly rules: Rules | undefined;
  /** The plugin's and those of its kind. */
  readonly settings: Settings;
  readonly stderr: Stderr;
  readonly log: RunLog;
  readonly signal: AbortSignal;
}

async function exitCodeOf(shell: Shell, output: Output): Promise<number> {
  try {
    const exitCode = await execute(shell, output, parseArguments(shell.plugin, process.argv.slice(2)));
    if (shell.signal.aborted) throw shell.signal.reason as Error;
    return exitCode;
  } catch (error) {
    return report(shell.log, error, shell.signal);
  }
}

/** Logs a failure and gives its exit code. What goes wrong after a signal is the signal's doing. */
function report(log: RunLog, error: unknown, signal: AbortSignal): number {
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (reason !== error) log.debug('After the signal', { cause: error instanceof Error ? error.message : 'no Error' });
  logFailure(log, reason);
  return reason instanceof TaplineError ? reason.exitCode : 1;
}

/** Does what was asked for; gives the exit code. */
async function execute(shell: Shell, output: Output, args: Arguments): Promise<number> {
  const { plugin, settings } = shell;
  const version = packageVersion();
  if (args.version) return print(output, `${plugin.name} ${version}`);
  if (args.help) {
    const { helpText } = await import('./shell/help.ts');
    return print(output, helpText(plugin, settings));
  }
  if (args.about) {
    const { aboutPlugin, aboutText } = await import('./shell/about.ts');
    return print(output, aboutText(aboutPlugin(plugin, settings, version), args.format ?? usualFormat()));
  }
  const config = await configOf(shell, args);
  const run: Run = { name: plugin.name, version, log: shell.log, signal: shell.signal };
  if (args.command !== undefined) {
    const text = await plugin.commands![args.command.name]!.run(config as never, run, args.command.args);
    return text === '' ? 0 : print(output, text);
  }
  const { runMode, runPlugin } = await import('./shell/run-plugin.ts');
  const job = { args, config, run, output, log: shell.log, stderr: shell.stderr, rules: shell.rules };
  if (args.mode !== undefined) {
    const { text, ok } = await runMode(plugin, args.mode, job, (args.format ?? usualFormat()) === 'json' ? 'json' : 'text');
    await print(output, text);
    return ok ? 0 : 1;
  }
  await runPlugin(plugin, job);
  return 0;
}

/** Programs read pipes, people terminals. */
function usualFormat(): 'text' | 'json' {
  return process.stdout.isTTY ? 'text' : 'json';
}

/** The checked settings. Warns of unknown ones, also when something else is wrong. */
async function configOf({ plugin, rules, settings, log }: Shell, args: Arguments): Promise<object> {
  const given = await readConfig(plugin.name, settings, args.config, process.env);
  log.conceal(secretsOf(settings, given));
  const { config, problems, unknown, ignored } = checkConfig(settings, given);
  if (unknown.length > 0) log.warn(`Unknown settings are left out: ${unknownText(unknown)}`);
  for (const { path, reason } of ignored) log.info(`The setting ${path} has no effect here: ${reason}`);
  const all = [...problems, ...jointProblems(plugin, config, rules)];
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

async function print(output: Output, text: string): Promise<number> {
  await output.write(`${text}\n`);
  await output.flush();
  return 0;
}
