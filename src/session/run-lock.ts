import { join } from 'node:path';
import { ModelProviderError } from '../pattern/errors';
import { makeRunDirectory, type EvalRun } from '../pattern/eval-run';
import { takeLock } from '../process/lock-file';

/**
 * Keeps a named run to this process: two that write the same logs would spoil them. The lock of a dead process is taken over.
 *
 * @returns how to give it back; safe to repeat.
 * @throws ModelProviderError `RUN_IN_USE` naming the process that has it.
 */
export function lockRun(run: EvalRun): () => void {
  makeRunDirectory(run);
  const { unlock, holder } = takeLock(join(run.directory, '.lock'));
  if (unlock !== undefined) return unlock;
  throw new ModelProviderError(
    'RUN_IN_USE',
    `EVALS_RUN is "${run.run}", but another Jest (pid ${holder.pid}) is writing that run just now: wait for its end, or name another.`,
    { details: { run: run.run, pid: holder.pid } },
  );
}
