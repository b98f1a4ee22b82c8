import { ModelProviderError } from '../pattern/errors';
import type { EvalRun } from '../pattern/eval-run';
import { currentRealm } from '../pattern/realm';

/**
 * The run whose logs evaluations write.
 *
 * @throws ModelProviderError `SESSION_MISSING` without one.
 */
export function requireEvalRun(what: string): EvalRun {
  const { evals } = currentRealm().host();
  if (evals !== undefined) return evals;
  throw new ModelProviderError(
    'SESSION_MISSING',
    `${what} keeps its log in the run's session, and there is none: use preset: 'jest-model-provider'.`,
  );
}
