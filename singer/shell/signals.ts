import { Interrupted } from '../errors.ts';

/** How long an orderly stop may take. Meltano kills what has not ended soon after. */
const GRACE_MS = 5_000;

/** What is needed of `process`. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

export interface Signals {
  /** Aborted at the first signal; its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  readonly release: () => void;
}

/**
 * The first SIGTERM or SIGINT asks for an orderly stop. A second one, or the end of the grace period, leaves at once by
 * `leave(exitCode)`: the reader of our output may have stopped reading, and then nothing can be flushed any more.
 * A terminal and a supervisor may both send one for the same stop, so the same instant's second does not count.
 */
export function listenForSignals(source: SignalSource, leave: (exitCode: number) => void, graceMs = GRACE_MS): Signals {
  const controller = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  let first: { readonly at: number; readonly name: string; readonly exitCode: number } | undefined;

  function stop(name: 'SIGTERM' | 'SIGINT'): void {
    if (first !== undefined) {
      if (name === first.name || performance.now() - first.at > SAME_STOP_MS) leave(first.exitCode);
      return;
    }
    const reason = new Interrupted(name);
    first = { at: performance.now(), name, exitCode: reason.exitCode };
    grace = setTimeout(() => leave(reason.exitCode), graceMs).unref();
    controller.abort(reason);
  }

  const onTerm = (): void => stop('SIGTERM');
  const onInt = (): void => stop('SIGINT');
  source.on('SIGTERM', onTerm);
  source.on('SIGINT', onInt);
  return {
    signal: controller.signal,
    release() {
      clearTimeout(grace);
      source.off('SIGTERM', onTerm);
      source.off('SIGINT', onInt);
    },
  };
}

/** A Ctrl-C reaches the whole group, and a supervisor adds a SIGTERM a moment later: both mean one stop. */
const SAME_STOP_MS = 500;
