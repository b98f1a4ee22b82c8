import { join } from 'node:path';
import { runCommand } from '../../process/run-command';
import { embeddedVersion } from './binaries';

const versionLimitMs = 10_000;

/**
 * The version of a server that does not run yet, as its package or its program calls it. Null for one that is there already, and where
 * there is none.
 *
 * @param spec as `chooseServer()` gives it.
 */
export async function knownVersion(spec: string): Promise<string | null> {
  const name = spec.slice(spec.indexOf(':') + 1);
  if (name === 'given') return null;
  return (name === 'embedded' ? embeddedVersion() : await programVersion(name)) ?? null;
}

/** What the server program in a folder says; undefined if it says nothing. */
export async function programVersion(folder: string): Promise<string | undefined> {
  try {
    const program = join(folder, 'postgres');
    const { stdout } = await runCommand(program, ['--version'], { timeoutMs: versionLimitMs });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
