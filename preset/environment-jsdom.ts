import type { JestEnvironment } from '@jest/environment';
import { createRequire } from 'node:module';
import { ModelProviderError } from '../src/base/errors';
import { withModelProviders } from './with-model-providers';

/** jest-environment-jsdom with a connection to the session. */
class JsdomEnvironment extends withModelProviders(jsdomEnvironment()) {}

/**
 * The class of jest-environment-jsdom, which a project installs if it needs it. Package managers place it beside
 * this package or in the project alone.
 *
 * @throws ModelProviderError `DEPENDENCY_MISSING`.
 */
function jsdomEnvironment(): typeof JestEnvironment {
  const name = 'jest-environment-jsdom';
  const missing: unknown[] = [];
  for (const from of [__filename, `${process.cwd()}/`]) {
    const ownRequire = createRequire(from);
    try {
      ownRequire.resolve(name);
    } catch (error) {
      missing.push(error);
      continue;
    }
    return (ownRequire(name) as { TestEnvironment: typeof JestEnvironment }).TestEnvironment;
  }
  throw new ModelProviderError(
    'DEPENDENCY_MISSING',
    `jest-model-provider/environment-jsdom needs ${name}, which is not installed. Run: npm i -D ${name}`,
    { cause: missing[0] },
  );
}

// Not a default export: native ES modules would see it one level too deep.
export = JsdomEnvironment;
