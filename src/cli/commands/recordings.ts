import { Command, Option } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isModelProviderError, ModelProviderError } from '../../base/errors';
import { nearest } from '../../base/nearest';
import { recordingsFolder } from '../../recordings/recording-path';
import { readRecording } from '../../recordings/read-recording';
import { problemsOf } from '../../recordings/upkeep/check-recording';
import { findRecordings, type FoundRecording } from '../../recordings/upkeep/find-recordings';
import { prunePlan } from '../../recordings/upkeep/prune-plan';
import { prune } from '../../recordings/upkeep/prune-recordings';
import {
  describeProblems,
  describePruned,
  describeRecordings,
  type RecordingFacts,
  type UnreadableRecording,
} from '../output/describe-recordings';
import { failFor } from '../output/fail-for';
import { print } from '../output/print';

interface RecordingsOptions {
  readonly check?: boolean;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `recordings [paths...]`: lists and checks recordings of calls, and deletes those that nothing uses. */
export function recordingsCommand(): Command {
  return new Command('recordings')
    .description(
      'list and check the recordings beside spec files, and delete those that nothing uses any more',
    )
    .argument('[paths...]', 'spec files, or folders; by default the working directory')
    .addOption(new Option('--check', 'read all of them, and say what is wrong with any').conflicts('prune'))
    .option('--prune', 'delete what no spec file uses, as far as its last run has shown it')
    .option('--dry-run', 'with --prune: only say what it would delete')
    .option('--json', 'print what was found, or deleted, as JSON')
    .action(
      (
        paths: readonly string[],
        { check, prune: isPruning, dryRun = false, json }: RecordingsOptions,
        command: Command,
      ) => {
        if (dryRun && isPruning !== true) command.error("error: option '--dry-run' goes with '--prune'");
        const found = recordingsAt(paths);
        if (check === true) checkAll(found, json);
        else if (isPruning === true) pruneAll(found, dryRun, json);
        else list(found, json);
      },
    );
}

function list(found: readonly FoundRecording[], json: boolean | undefined): void {
  const facts = found.map(factsOf);
  const listed = {
    recordings: facts.flatMap((each) => ('message' in each ? [] : [each])),
    unreadable: facts.flatMap((each) => ('message' in each ? [each] : [])),
  };
  failFor(listed);
  print(json, listed, () => describeRecordings(listed));
}

function checkAll(found: readonly FoundRecording[], json: boolean | undefined): void {
  const problems = found.flatMap(problemsOf).map((problem) => ({ ...problem, path: shown(problem.path) }));
  const checked = { checked: found.length, problems };
  if (problems.length > 0) process.exitCode = 1;
  print(json, checked, () => describeProblems(checked));
}

function pruneAll(found: readonly FoundRecording[], isDryRun: boolean, json: boolean | undefined): void {
  const plan = prunePlan(found, resolve('.evals'));
  if (!isDryRun) prune(plan);
  failFor(plan);
  const pruned = {
    isDryRun,
    unused: plan.unused.map((each) => ({ ...each, path: shown(each.path), specFile: shown(each.specFile) })),
    partlyUsed: plan.partlyUsed.map((each) => ({ ...each, path: shown(each.path) })),
    unknown: plan.unknown.map((each) => ({ ...each, path: shown(each.path) })),
    unreadable: plan.unreadable.map((each) => ({ ...each, path: shown(each.path) })),
  };
  print(json, pruned, () => describePruned(pruned));
}

function factsOf({ path, specFile }: FoundRecording): RecordingFacts | UnreadableRecording {
  try {
    const read = readRecording(path);
    if (read === undefined) return { path: shown(path), message: `The recording ${path} is gone.` };
    const { name, spec, config } = read.header;
    return {
      ...{ path: shown(path), specFile: shown(specFile), name, spec, config },
      ...{ calls: read.calls.length, bytes: statSync(path).size },
    };
  } catch (error) {
    if (isModelProviderError(error, 'RECORDING_INVALID'))
      return { path: shown(path), message: error.message };
    throw error;
  }
}

/**
 * The recordings of spec files, of all spec files in a folder, or of the working directory.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a path where there is nothing, and no recording of what was there.
 */
function recordingsAt(paths: readonly string[]): FoundRecording[] {
  if (paths.length === 0) return findRecordings(process.cwd());
  const found = paths.flatMap((path) => recordingsOf(path));
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}

function recordingsOf(given: string): FoundRecording[] {
  const wanted = resolve(given);
  // Also a folder of recordings, and one of them.
  const [around = ''] = wanted.split(`${sep}${recordingsFolder}`);
  const folder = isFolder(around) ? around : dirname(around);
  const near = isFolder(folder) ? findRecordings(folder) : [];
  const isMeant = (path: string): boolean => path === wanted || path.startsWith(`${wanted}${sep}`);
  const found = near.filter(({ path, specFile }) => isMeant(path) || isMeant(specFile));
  if (found.length > 0 || existsSync(wanted)) return found;
  const close = nearest(
    basename(wanted),
    near.map(({ specFile }) => basename(specFile)),
  );
  const hint = close === undefined ? 'name a spec file or a folder, or none' : `did you mean "${close}"?`;
  throw new ModelProviderError('CONFIG_INVALID', `There is no "${given}": ${hint}.`.replace('?.', '?'));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}
