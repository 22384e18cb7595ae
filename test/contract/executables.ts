import { fileURLToPath } from 'node:url';

/** The path of one of our executables. */
export function executable(name: string): string {
  return fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
}
