/** How a short command is run. */
export interface CommandOptions {
  /** Milliseconds after which it is killed. */
  readonly timeoutMs: number;
  /** Where it runs; this process's directory by default. */
  readonly directory?: string;
}

/**
 * Runs a command that answers and ends by itself, like `git rev-parse HEAD`. It dies with this process. What serves others, and must
 * not outlive the session, is launched through the guardian instead.
 *
 * @returns what it printed.
 * @throws an `Error` that names the command and why it failed: it is not there, it ended with another code than 0, or its time was up.
 *
 * @example
 * const { stdout } = await runCommand('git', ['rev-parse', 'HEAD'], { timeoutMs: 5000 });
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, directory }: CommandOptions,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { execa } = await import('execa');
  return execa(command, args, {
    timeout: timeoutMs,
    stdin: 'ignore',
    ...(directory === undefined ? {} : { cwd: directory }),
  });
}
