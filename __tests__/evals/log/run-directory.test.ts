import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRunDirectory } from '../../../src/evals/log/run-directory';
import type { EvalRun } from '../../../src/pattern/eval-run';

test('a place where no folder can be made is an error that says what is needed', () => {
  const root = mkdtempSync(join(tmpdir(), 'run-directory-'));
  try {
    writeFileSync(join(root, '.evals'), 'a file');
    expect(() => makeRunDirectory({ directory: join(root, '.evals', 'mine') } as EvalRun)).toThrow(
      expect.objectContaining({
        code: 'LOG_INVALID',
        message: expect.stringMatching(
          /^The folder for the logs of the run cannot be made: ENOTDIR.* need a folder \.evals in the rootDir of Jest that can be written to\.$/,
        ) as string,
      }),
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
