import { join } from 'node:path';
import { runCommand } from '../../process/os/run-command';
import { embeddedVersion } from './binaries';

const versionLimitMs = 10_000;

/**
 * The version of a server that is not running yet, as its package or its program states it. Null for a server
 * that runs already, and if there is none.
 *
 * @param spec the one that `chooseServer()` returns.
 */
export async function knownVersion(spec: string): Promise<string | null> {
  const name = spec.slice(spec.indexOf(':') + 1);
  if (name === 'given') return null;
  return (name === 'embedded' ? embeddedVersion() : await programVersion(name)) ?? null;
}

/** The output of the server program's `--version`; undefined if it fails. */
export async function programVersion(folder: string): Promise<string | undefined> {
  try {
    const program = join(folder, 'postgres');
    const { stdout } = await runCommand(program, ['--version'], { timeoutMs: versionLimitMs });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
