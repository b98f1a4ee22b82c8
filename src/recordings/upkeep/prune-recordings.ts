import { messageOf, ModelProviderError } from '../../base/errors';
import { dirname } from '../../base/path';
import type { RecordedAttempt } from '../../pattern/recording-use';
import { readLines } from '../read-recording';
import type { CallLine } from '../recording-lines';
import { isOfAttempts } from './judge-recordings';
import type { PrunePlan } from './prune-plan';

const { readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } = process.getBuiltinModule('node:fs');

/**
 * Deletes what a plan says, and folders that are empty then.
 *
 * @throws ModelProviderError `RECORDING_INVALID` naming what cannot be deleted.
 */
export function prune({ unused, partlyUsed }: PrunePlan): void {
  for (const { path } of unused)
    attempt(path, () => {
      rmSync(path);
      removeIfEmpty(dirname(path));
      removeIfEmpty(dirname(dirname(path)));
    });
  for (const { path, attempts } of partlyUsed) attempt(path, () => cut(path, attempts));
}

/** The other lines stay as they are. */
function cut(path: string, attempts: readonly RecordedAttempt[]): void {
  const isUnused = isOfAttempts(attempts);
  const [header, ...calls] = readLines(path) ?? [];
  const left = [header, ...calls.filter(({ value }) => !isUnused(value as CallLine))];
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, left.map((line) => `${line?.text ?? ''}\n`).join(''));
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function attempt(path: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    throw new ModelProviderError(
      'RECORDING_INVALID',
      `The recording ${path} cannot be pruned: ${messageOf(error)}.`,
      { details: { path }, cause: error },
    );
  }
}
