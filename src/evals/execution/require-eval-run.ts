import { ModelProviderError } from '../../base/errors';
import type { EvalRun } from '../../pattern/eval-run';
import { currentRuntime } from '../../pattern/runtime';

/**
 * The run whose logs evaluations write.
 *
 * @throws ModelProviderError `SESSION_MISSING` without one.
 */
export function requireEvalRun(what: string): EvalRun {
  const { evals } = currentRuntime().session();
  if (evals !== undefined) return evals;
  throw new ModelProviderError(
    'SESSION_MISSING',
    `${what} keeps its log in the run's session, and there is none: use preset: 'jest-model-provider'.`,
  );
}
