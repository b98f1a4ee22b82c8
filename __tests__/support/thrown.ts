import type { ModelProviderError } from '../../src/base/errors';

/** The error that `work` throws; fails if it throws none. */
export function thrown(work: () => unknown): ModelProviderError {
  try {
    work();
  } catch (error) {
    return error as ModelProviderError;
  }
  throw new Error('nothing was thrown');
}
