import process from 'node:process';
import { installPeer, type PeerName } from '../../scripts/peers/packages.mjs';

/**
 * The executables of a Python package of another maker, or why there are none; installs it at the first call. Fails with CI or
 * REQUIRE_BACKENDS set.
 */
export async function findPeer(
  name: PeerName,
): Promise<{ readonly program: (name: string) => string } | { readonly missing: string }> {
  try {
    return { program: await installPeer(name) };
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
