import type { Jest } from '@jest/environment';
import { ModelProviderError } from './errors';
import { isNodeRealm, realRequire } from './real-globals';

/**
 * Loads a dependency of this package as it is, also where a spec has mocked it for the code under test, by
 * `jest.mock()` or a folder `__mocks__`. For Node's modules `process.getBuiltinModule()` does that.
 *
 * By require(), for Jest's VM knows no `import()`.
 *
 * @param needs Node's modules without which it does nothing, and does not fail either: of those it gets the
 *   mocks.
 * @throws ModelProviderError `CONFIG_INVALID` if one of these is mocked.
 */
export function requireActual(name: string, needs: readonly string[] = []): unknown {
  const mocked = needs.find(isMocked);
  if (mocked !== undefined)
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${mocked} is mocked in this file, but the package ${name}, with which jest-model-provider works, needs it: remove jest.mock('${mocked}'), or call jest.unmock('${mocked}'), and mock the module of your own that uses it instead.`,
      { details: { mocked, package: name } },
    );
  return (jestObject()?.requireActual ?? require)(name);
}

/**
 * As {@link requireActual}, for a package that works with Node's globals, as HTTP clients do. For a page, such as
 * jsdom's, it is loaded where Jest itself runs: what it makes is not of the page then.
 */
export function requireForNode(name: string): unknown {
  return isNodeRealm ? requireActual(name) : realRequire(name);
}

function isMocked(name: string): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- gives the mock, if there is one
  return require(name) !== process.getBuiltinModule(name);
}

/** Jest's object of this file; there is none outside its VM. */
function jestObject(): Jest | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- Jest serves it to require() only
    return (require('@jest/globals') as { jest: Jest }).jest;
  } catch {
    return undefined;
  }
}
