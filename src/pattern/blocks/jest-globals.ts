import type * as JestGlobals from '@jest/globals';
import { ModelProviderError } from '../../base/errors';

/**
 * Jest's own functions, also where `injectGlobals` is off. They are looked up at each call, because the
 * module exists inside Jest only.
 *
 * @throws ModelProviderError `SESSION_MISSING` outside Jest.
 */
export function jestGlobals(): typeof JestGlobals {
  if (process.env['JEST_WORKER_ID'] === undefined) {
    throw new ModelProviderError(
      'SESSION_MISSING',
      'withClient() and foreach() register Jest tests, so they work inside Jest only: use modelProviders.setup() in a script.',
    );
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- Jest serves it to require() only
  return require('@jest/globals') as typeof JestGlobals;
}
