// Runs our own Jest and counts its tests, for the scripts whose last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

/**
 * Runs Jest with `args`, and with variables besides those of this process, and resolves to the number of
 * tests that passed, failed and were skipped. A file that could not be run counts as one failed test, and so
 * does a run that ends badly although every test passed.
 */
export async function runJest(args, variables) {
  const directory = mkdtempSync(join(tmpdir(), 'jmp-test-'));
  const outputFile = join(directory, 'result.json');
  try {
    // execa and get-port are ES modules, which Jest's VM loads with this flag alone.
    const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`;
    const child = spawn(process.execPath, [jest, ...args, '--json', `--outputFile=${outputFile}`], {
      stdio: ['inherit', 'ignore', 'inherit'],
      env: { ...process.env, ...variables, NODE_OPTIONS },
    });
    const [code] = await once(child, 'exit');
    const { passed, failed, skipped } = counts(outputFile);
    return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function counts(outputFile) {
  try {
    const result = JSON.parse(readFileSync(outputFile, 'utf8'));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } catch {
    // Killed, or stopped before the first test.
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
