import type { Jest } from '@jest/environment';
import { ModelProviderError } from './errors';
import { join } from './path';
import { createRequire, isNodeRealm } from './real-globals';

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
  return (jestGlobals()?.jest.requireActual ?? require)(name);
}

/**
 * Loads a package that the user installs, as it is: that of the spec, or of the folder in which a script runs, else
 * what this package finds from its own place. For a page, such as jsdom's, it is loaded where Jest itself runs: what it
 * makes is not of the page then.
 *
 * @returns undefined if it is not installed. What it throws while it loads is thrown.
 */
export function requireOptional(name: string): unknown {
  const spec = jestGlobals()?.expect?.getState().testPath;
  const path = [spec ?? join(process.cwd(), 'script.js'), __filename]
    .map((from) => resolvedFrom(from, name))
    .find((found) => found !== undefined);
  if (path === undefined) return undefined;
  return isNodeRealm ? requireActual(path) : createRequire(__filename)(path);
}

function resolvedFrom(file: string, name: string): string | undefined {
  try {
    return createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
}

function isMocked(name: string): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- gives the mock, if there is one
  return require(name) !== process.getBuiltinModule(name);
}

interface JestGlobals {
  readonly jest: Jest;
  /** Not there yet in a setup file. */
  readonly expect?: { getState(): { readonly testPath?: string } };
}

/** Those of this file; there are none outside Jest's VM. */
function jestGlobals(): JestGlobals | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- Jest serves it to require() only
    return require('@jest/globals') as JestGlobals;
  } catch {
    return undefined;
  }
}
