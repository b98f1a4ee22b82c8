import { loadNative } from './load-native';

/** How a short command is run. */
export interface CommandOptions {
  /** Milliseconds after which it is killed. */
  readonly timeoutMs: number;
  /** Its working directory; that of this process by default. */
  readonly directory?: string;
}

/**
 * Runs a command that ends by itself, like `git rev-parse HEAD`. It dies with this process. A server, which
 * must not outlive the session, is launched through the guardian instead.
 *
 * @returns what it printed.
 * @throws an `Error` that names the command and says why it failed: not found, another exit code than 0, or
 *   out of time.
 *
 * @example
 * const { stdout } = await runCommand('git', ['rev-parse', 'HEAD'], { timeoutMs: 5000 });
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, directory }: CommandOptions,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { execa } = (await loadNative('execa')) as typeof import('execa');
  return execa(command, args, {
    timeout: timeoutMs,
    stdin: 'ignore',
    ...(directory === undefined ? {} : { cwd: directory }),
  });
}
