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
  const found = candidates.find((path) => isRun(path));
  if (found !== undefined) return found;
  const names = runs().map((run) => run.name);
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
  const [latest] = runs().sort((a, b) => b.at - a.at);
  if (latest !== undefined) return join(resolve(runsFolder), latest.name);
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `There is no run in ${resolve(runsFolder)}; run your evaluations first, or change to their folder.`,
  );
}

function runs(): { readonly name: string; readonly at: number }[] {
  try {
    return readdirSync(runsFolder).flatMap((name) => {
      const path = join(runsFolder, name);
      return isRun(path) ? [{ name, at: lastChange(path) }] : [];
    });
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
