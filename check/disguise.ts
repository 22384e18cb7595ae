import type { Running } from './process.ts';

/** How the checks begin the names of their streams. */
const PREFIX = 'check_';

/**
 * Gives the streams of the checks names of their own on the way in, and their names back on the way out, so that checks do not
 * meet in a destination that all of them load.
 * @param token letters and digits
 */
export function disguise(running: Running, token: string): Running {
  const own = `${PREFIX}${token}_`;
  // Latin 1 keeps every byte, also of a character that is cut.
  const change = (data: Buffer, from: string, to: string): Buffer =>
    Buffer.from(data.toString('latin1').replaceAll(from, to), 'latin1');
  return {
    ...running,
    get bytes() {
      return running.bytes;
    },
    write: async (data) => running.write(change(Buffer.from(data), PREFIX, own)),
    stdout: () => change(running.stdout(), own, PREFIX),
    stderr: () => running.stderr().replaceAll(own, PREFIX),
    async ended(milliseconds) {
      const ran = await running.ended(milliseconds);
      return { ...ran, stdout: change(ran.stdout, own, PREFIX), stderr: ran.stderr.replaceAll(own, PREFIX) };
    },
  };
}
