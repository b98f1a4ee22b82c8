import { Command, InvalidArgumentError, Option } from 'commander';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, ModelProviderError } from '../../base/errors';
import { takeLock } from '../../process/os/lock-file';
import { allRuns, runsNamed, type FoundRun } from '../arguments/find-run';
import { describeRuns, type RunFacts } from '../output/describe-runs';
import { print } from '../output/print';

interface RunsOptions {
  readonly remove?: readonly string[];
  readonly keep?: number;
  readonly json?: boolean;
}

/** `runs`: lists the runs in `.evals`, and deletes those that are not wanted any more. */
export function runsCommand(): Command {
  return new Command('runs')
    .description('list the runs in .evals, and delete those that you name, or all but the latest')
    .addOption(new Option('--remove <run...>', 'delete these runs').conflicts('keep'))
    .option('--keep <n>', 'delete all runs but the latest n', wholeNumber)
    .option('--json', 'print the runs that are left, and those that were deleted, as JSON')
    .action(({ remove = [], keep, json }: RunsOptions) => {
      const unwanted = keep === undefined ? runsNamed(remove) : allRuns().slice(keep);
      const inUse = unwanted.filter((run) => !removeRun(run)).map(({ name }) => name);
      const removed = unwanted.map(({ name }) => name).filter((name) => !inUse.includes(name));
      const found = { runs: allRuns().map(factsOf), removed, inUse };
      print(json, found, () => describeRuns(found));
      if (inUse.length > 0) process.exitCode = 1;
    });
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/**
 * Deletes a run, with all that is in its folder. Returns whether it did: a named run that Jest is writing stays.
 *
 * @throws ModelProviderError `LOG_INVALID` if it cannot be deleted.
 */
function removeRun({ directory }: FoundRun): boolean {
  try {
    // Held until the folder is gone, so that no run begins in it meanwhile.
    const { unlock } = takeLock(join(directory, '.lock'));
    if (unlock === undefined) return false;
    rmSync(directory, { recursive: true });
    unlock();
    return true;
  } catch (error) {
    throw new ModelProviderError(
      'LOG_INVALID',
      `The run ${directory} cannot be deleted: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}

function factsOf({ name, directory, at }: FoundRun): RunFacts {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const sizes = files.map((file) => statSync(join(directory, file), { throwIfNoEntry: false }));
  return {
    run: name,
    at: new Date(at).toISOString(),
    logs: readdirSync(directory).filter((file) => file.endsWith('.jsonl')).length,
    bytes: sizes.reduce((sum, stat) => sum + (stat?.isFile() === true ? stat.size : 0), 0),
  };
}
