import { printableLines } from '../src/base/printable';
import type { OpenSession } from '../src/session/open-session';

/**
 * Makes an end of Jest's process red that nobody has asked for, such as `process.exit(0)` in a test of
 * `--runInBand`: what Jest knows of the results is lost then, and its exit code is the caller's.
 */
export function refuseUnaskedEnds(open: OpenSession): void {
  const { board, session } = open;
  const onExit = (code: number): void => {
    const rest = open.isInterrupted ? undefined : board.files.describeRest(code);
    if (rest === undefined) return;
    if (code === 0) process.exitCode = 1;
    const text = `jest-model-provider: the process of the tests ended with code ${code} ${rest}. Look for process.exit() in them and in what they call.`;
    process.stderr.write(`\n${printableLines(text)}\n`);
  };
  process.on('exit', onExit);
  void session.ended.then(() => process.removeListener('exit', onExit));
}
