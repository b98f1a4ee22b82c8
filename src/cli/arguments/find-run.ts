import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nearest } from '../../base/nearest';
import { ModelProviderError } from '../../base/errors';

const runsFolder = '.evals';

/**
 * The directory of a run.
 *
 * @param name of a run in `.evals` of the working directory, or a path; the latest run by default.
 * @throws ModelProviderError `CONFIG_INVALID` if there is no such run; the message names the runs that there
 *   are.
 */
export function findRun(name: string | undefined): string {
  if (name === undefined) return latestRun();
  const candidates = [resolve(runsFolder, name), resolve(name)];
  return candidates.find((path) => isRun(path)) ?? refuse(name);
}

/**
 * The runs of those names in `.evals` of the working directory, each once.
 *
 * @throws ModelProviderError `CONFIG_INVALID` if there is no such run, as {@link findRun} says it.
 */
export function runsNamed(names: readonly string[]): FoundRun[] {
  const all = allRuns();
  return [...new Set(names)].map((name) => all.find((run) => run.name === name) ?? refuse(name));
}

function refuse(name: string): never {
  const names = allRuns().map((run) => run.name);
  const close = nearest(name, names);
  const hint =
    names.length === 0
      ? `there is no run in ${resolve(runsFolder)}; run your evaluations first, or change to their folder`
      : close !== undefined
        ? `did you mean "${close}"?`
        : `there are ${names.slice(0, 10).join(', ')}`;
  throw new ModelProviderError('CONFIG_INVALID', `There is no run "${name}": ${hint}.`.replace('?.', '?'));
}

function latestRun(): string {
  const [latest] = allRuns();
  if (latest !== undefined) return latest.directory;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `There is no run in ${resolve(runsFolder)}; run your evaluations first, or change to their folder.`,
  );
}

/** A folder of `.evals`. */
export interface FoundRun {
  readonly name: string;
  /** Absolute path. */
  readonly directory: string;
  /** When its logs were last written, in milliseconds since 1970. */
  readonly at: number;
}

/** The runs in `.evals` of the working directory, the latest first. */
export function allRuns(): FoundRun[] {
  try {
    const found = readdirSync(runsFolder).flatMap((name) => {
      const directory = join(resolve(runsFolder), name);
      return isRun(directory) ? [{ name, directory, at: lastChange(directory) }] : [];
    });
    return found.sort((a, b) => b.at - a.at);
  } catch {
    return [];
  }
}

function lastChange(directory: string): number {
  const logs = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  return Math.max(...logs.map((name) => statSync(join(directory, name)).mtimeMs));
}

function isRun(path: string): boolean {
  try {
    return readdirSync(path).some((name) => name.endsWith('.jsonl'));
  } catch {
    return false;
  }
}
