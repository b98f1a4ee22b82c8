import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ModelProviderError } from '../base/errors';
import type { EvalRun } from '../pattern/eval-run';
import { packageVersion } from '../base/version';
import { runCommand } from '../process/os/run-command';
import { rulesOfRun, type RunFacts } from './recording-rules';
import type { RunOptions } from './run-options';
import { chosenModels, type Variables } from './chosen-models';

/** What Jest knows of a run. */
export interface JestRunFacts extends RunFacts {
  readonly rootDir: string;
  readonly seed: number;
}

const reruns = ['errors', 'failed', 'all'] as const;
const longestName = 100;
// Only against a git that hangs: a repository may be large, and the machine busy.
const gitLimitMs = 30_000;

/**
 * Describes the run that begins, by the variables `EVALS_*` and its options. Creates no file.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming variable, value and fix.
 */
export function runSettings(
  { rootDir, seed, ...facts }: JestRunFacts,
  env: Variables,
  options: Omit<RunOptions, 'report' | 'tables'>,
): () => Promise<EvalRun> {
  const run = nameOf(env['EVALS_RUN']);
  const rerun = rerunOf(env['EVALS_RERUN']);
  if (rerun !== null && (env['EVALS_RUN'] ?? '') === '')
    throw invalid(
      `EVALS_RERUN is "${rerun}", but EVALS_RUN does not name the run to continue; a new one has nothing to run again`,
    );
  const rest = {
    run,
    directory: join(rootDir, '.evals', run),
    root: rootDir,
    seed,
    packages: { node: process.version.slice(1), jest: jestVersion(), 'jest-model-provider': packageVersion },
    rerun,
    samples: samplesOf(env['EVALS_SAMPLES']),
    models: chosenModels(env),
    ...options,
    recordings: rulesOfRun(options.recordings, facts),
  };
  // Git is asked once, at the first use: a session without a named run opens without waiting for it.
  let git: Promise<EvalRun['git']> | undefined;
  return async () => ({ ...rest, git: await (git ??= gitFacts(rootDir)) });
}

function nameOf(given: string | undefined): string {
  if (given === undefined || given === '') {
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
    // So many that two runs of one second never have one name, and with it one log.
    return `${time}-${randomBytes(4).toString('hex')}`;
  }
  if (/^[\p{L}\p{N}_-][\p{L}\p{N}._-]*$/u.test(given) && Buffer.byteLength(given) <= longestName)
    return given;
  throw invalid(
    `EVALS_RUN is ${JSON.stringify(given)}; it must be a name of letters, digits, ".", "_" and "-" that does not begin with a dot, of ${longestName} bytes at most`,
  );
}

function rerunOf(given: string | undefined): EvalRun['rerun'] {
  if (given === undefined || given === '') return null;
  const rerun = reruns.find((name) => name === given);
  if (rerun !== undefined) return rerun;
  throw invalid(`EVALS_RERUN is ${JSON.stringify(given)}; it must be errors, failed or all`);
}

function samplesOf(given: string | undefined): number | null {
  if (given === undefined || given === '') return null;
  const samples = Number(given);
  if (Number.isSafeInteger(samples) && samples >= 1) return samples;
  throw invalid(`EVALS_SAMPLES is ${JSON.stringify(given)}; it must be a whole number of at least 1`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `${what}.`);
}

async function gitFacts(directory: string): Promise<EvalRun['git']> {
  const git = async (...args: string[]): Promise<string> =>
    (await runCommand('git', args, { timeoutMs: gitLimitMs, directory })).stdout;
  try {
    const [commit, changes] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain')]);
    return { commit, dirty: changes !== '' };
  } catch {
    return null;
  }
}

function jestVersion(): string {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the user's Jest
    return (require('jest/package.json') as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
