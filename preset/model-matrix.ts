import type { Config } from '@jest/types';
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { ModelProviderError } from '../src/base/errors';
import { parseModels } from '../src/pattern/blocks/model-list';
import { nearest } from '../src/base/nearest';
import type { ModelInput, ParsedRequest } from '../src/pattern/resource-spec';
import { chosenModels } from '../src/run/chosen-models';
import type { MatrixProject } from './matrix-project';

/**
 * A Jest configuration that runs the whole suite model by model, so that each is loaded once: one project per
 * model, called by its label. `withClient` blocks run in the project of their label; tests that stand in no
 * such block run in the first project. Every test runs once, and none is skipped.
 *
 * @param models as in {@link withClient}: specs, or `{ spec, config, label }`. `EVALS_MODELS` chooses among
 *   their labels.
 * @param config what all projects have in common, and Jest's options for the whole run; the preset unless it
 *   names another.
 * @returns the configuration for `jest.config`.
 * @throws ModelProviderError `MODELS_INVALID`, `SPEC_INVALID`; `CONFIG_INVALID` for a config with projects of
 *   its own, or if `EVALS_MODELS` names a label that is not among the models.
 * @example
 * const { modelMatrix } = require('jest-model-provider/model-matrix');
 * module.exports = modelMatrix(['llama:small.gguf', 'llama:large.gguf'], {
 *   testEnvironmentOptions: { modelProviders: './model-providers.ts' },
 * });
 */
export function modelMatrix(
  models: readonly ModelInput[],
  config: Config.InitialOptions = {},
): Config.InitialOptions {
  for (const option of ['projects', 'displayName'] as const) {
    if (config[option] !== undefined)
      throw new ModelProviderError(
        'CONFIG_INVALID',
        `modelMatrix(): the config has ${option}, but the projects of a matrix are its models: leave it out, or list the projects by hand without modelMatrix().`,
      );
  }
  const all = parseModels(models, undefined, 'modelMatrix()');
  const whole: Config.InitialOptions = { preset: 'jest-model-provider', ...config };
  const common = Object.fromEntries(Object.entries(whole).filter(([option]) => !forWholeRun.has(option)));
  const projects = chosen(all).map(({ label }, index) => {
    const modelMatrix: MatrixProject = { model: label, isFirst: index === 0, models: all };
    return {
      ...common,
      ...rooted(config.rootDir),
      id: projectId(label),
      displayName: label,
      testEnvironmentOptions: { ...config.testEnvironmentOptions, modelMatrix },
    };
  });
  return { ...whole, projects };
}

/**
 * Names a project's caches. Without it Jest would use the position in the list, which `EVALS_MODELS` changes.
 */
function projectId(label: string): string {
  return createHash('sha256').update(`${process.cwd()}\n${label}`).digest('hex').slice(0, 32);
}

/** In a project Jest resolves a relative `rootDir` from where it was started, not from the configuration. */
function rooted(rootDir: string | undefined): { rootDir?: string } {
  if (rootDir == null || isAbsolute(rootDir) || rootDir.startsWith('<rootDir>')) return {};
  return { rootDir: `<rootDir>/${rootDir}` };
}

function chosen(all: readonly ParsedRequest[]): readonly ParsedRequest[] {
  const labels = chosenModels(process.env);
  if (labels === null) return all;
  const known = all.map(({ label }) => label);
  const unknown = labels.find((label) => !known.includes(label));
  if (unknown === undefined) return all.filter(({ label }) => labels.includes(label));
  const close = nearest(unknown, known);
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `EVALS_MODELS names "${unknown}", which is not among the models of modelMatrix(): ${known.join(', ')}.${close === undefined ? '' : ` Did you mean "${close}"?`}`,
  );
}

/**
 * Jest warns of these in a project: https://jestjs.io/docs/configuration#projects-arraystring--projectconfig
 */
const forWholeRun = new Set<string>([
  'bail',
  'changedFilesWithAncestor',
  'changedSince',
  'ci',
  'collectTests',
  'coverageReporters',
  'coverageThreshold',
  'expand',
  'findRelatedTests',
  'forceExit',
  'json',
  'lastCommit',
  'listTests',
  'logHeapUsage',
  'maxConcurrency',
  'maxWorkers',
  'noStackTrace',
  'notify',
  'notifyMode',
  'onlyChanged',
  'onlyFailures',
  'outputFile',
  'passWithNoTests',
  'randomize',
  'replname',
  'reporters',
  'runTestsByPath',
  'showSeed',
  'testFailureExitCode',
  'testNamePattern',
  'testResultsProcessor',
  'testSequencer',
  'updateSnapshot',
  'useStderr',
  'watch',
  'watchAll',
  'watchPlugins',
  'watchman',
  'workerGracefulExitTimeout',
  'workerIdleMemoryLimit',
  'workerThreads',
]);
