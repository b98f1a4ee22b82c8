import { messageOf, ModelProviderError } from '../../base/errors';
import type { EvalRun } from '../../pattern/eval-run';
import { dirname, join } from '../../base/path';

const { mkdirSync, writeFileSync } = process.getBuiltinModule('node:fs');

/**
 * Makes a run's directory. Logs are not to be committed, so `.evals` gets a `.gitignore`.
 *
 * @throws ModelProviderError `LOG_INVALID` where there can be none.
 */
export function makeRunDirectory({ directory }: Pick<EvalRun, 'directory'>): void {
  try {
    const isNew = mkdirSync(directory, { recursive: true }) !== undefined;
    if (isNew) writeFileSync(join(dirname(directory), '.gitignore'), '*\n');
  } catch (error) {
    throw new ModelProviderError(
      'LOG_INVALID',
      `The folder for the logs of the run cannot be made: ${messageOf(error)}. Evaluations need a folder .evals in the rootDir of Jest that can be written to.`,
      { cause: error },
    );
  }
}
