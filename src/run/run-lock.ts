import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, ModelProviderError } from '../base/errors';
import { type EvalRun } from '../pattern/eval-run';
import { takeLock, type LockAttempt } from '../process/os/lock-file';
import { logsOf } from '../evals/log/log-path';
import { logSchema } from '../evals/log/log-record';
import { makeRunDirectory } from '../evals/log/run-directory';
import { schemaOf } from '../evals/log/visit-log';
import { continueCommand } from './continue-command';

/**
 * Locks a named run for this process: two processes that write the same logs would damage them. The lock of a
 * dead process is taken over.
 *
 * @returns a function that releases the lock; safe to repeat.
 * @throws ModelProviderError `RUN_IN_USE` naming the process that holds it, `LOG_INVALID` if it has logs of
 *   another schema, or the lock cannot be written.
 */
export function lockRun(run: EvalRun): () => void {
  makeRunDirectory(run);
  requireSameSchema(run);
  const lock = join(run.directory, '.lock');
  const { unlock, holder } = attempt(run, lock);
  if (unlock !== undefined) return unlock;
  throw new ModelProviderError(
    'RUN_IN_USE',
    holder.isElsewhere
      ? `EVALS_RUN is "${run.run}", but a Jest on another machine or in another container (pid ${holder.pid}) may be writing that run: name another, or remove ${lock} if it has ended.`
      : `EVALS_RUN is "${run.run}", but another Jest (pid ${holder.pid}) is writing that run just now: wait for its end, or name another.`,
    { details: { run: run.run, pid: holder.pid } },
  );
}

function attempt({ run, directory }: EvalRun, lock: string): LockAttempt {
  try {
    return takeLock(lock);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fix = fixes[code] ?? `Make ${directory} a folder that you can write to, or name another run.`;
    throw new ModelProviderError(
      'LOG_INVALID',
      `EVALS_RUN is "${run}", but ${lock}, the lock that keeps a second Jest from writing that run, cannot be taken: ${messageOf(error)}. ${fix}`,
      { details: { run, path: lock, code }, cause: error },
    );
  }
}

const fixes: Readonly<Record<string, string>> = {
  EDQUOT: 'Free some space on the disk.',
  EISDIR: 'Remove what is in its place.',
  ELOOP: 'Remove what is in its place.',
  ENOSPC: 'Free some space on the disk.',
};

/** Lines of two schemas in one log would not be comparable: what an earlier one did not record is missing. */
function requireSameSchema({ run, directory }: EvalRun): void {
  for (const log of logsOf(directory)) {
    const schema = schemaOf(log);
    if (schema === undefined || schema === logSchema) continue;
    throw new ModelProviderError(
      'LOG_INVALID',
      `EVALS_RUN is "${run}", which has logs of schema ${schema}, as ${log}: this version reads them, but cannot continue them, because they lack what it records of each call. Begin a new run: ${continueCommand(newName(run, directory))}`,
    );
  }
}

function newName(run: string, directory: string): string {
  for (let number = 2; ; number += 1) {
    const name = `${run}-${number}`;
    if (!existsSync(join(dirname(directory), name))) return name;
  }
}
