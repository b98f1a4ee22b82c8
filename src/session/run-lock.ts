import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelProviderError } from '../pattern/errors';
import { makeRunDirectory, type EvalRun } from '../pattern/eval-run';
import { isAlive, ownIdentity, type ProcessIdentity } from '../process/process-identity';

/**
 * Keeps a named run to this process: two that write the same logs would spoil them. The lock of a dead process is taken over.
 *
 * @returns how to give it back; safe to repeat.
 * @throws ModelProviderError `RUN_IN_USE` naming the process that has it.
 */
export function lockRun(run: EvalRun): () => void {
  makeRunDirectory(run);
  const path = join(run.directory, '.lock');
  const mine = JSON.stringify(ownIdentity());
  if (!tryWrite(path, mine)) {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new ModelProviderError(
        'RUN_IN_USE',
        `EVALS_RUN is "${run.run}", but another Jest (pid ${holder.pid}) is writing that run just now: wait for its end, or name another.`,
        { details: { run: run.run, pid: holder.pid } },
      );
    }
    writeFileSync(path, mine);
  }
  return () => {
    if (readText(path) === mine) rmSync(path, { force: true });
  };
}

function tryWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readText(path) ?? '') as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
