import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';
import { nearest } from '../base/nearest';

const option = 'modelProviders';

/** The part of a Jest project's configuration that this package reads. */
export interface ProjectOptions {
  readonly rootDir: string;
  readonly testEnvironmentOptions: Record<string, unknown>;
}

/**
 * The absolute path of the provider module that a project names in `testEnvironmentOptions.modelProviders`.
 *
 * @throws ModelProviderError `CONFIG_INVALID` if the option is misspelt or no path, or if the file does not
 *   exist.
 */
export function providerModulePath({ rootDir, testEnvironmentOptions }: ProjectOptions): string | undefined {
  const value = testEnvironmentOptions[option];
  if (value === undefined) {
    // Other environments have their own options, so only a misspelling of ours is refused.
    const misspelt = Object.keys(testEnvironmentOptions).find(
      (name) => nearest(name, [option]) !== undefined,
    );
    if (misspelt === undefined) return undefined;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `testEnvironmentOptions has ${misspelt}; did you mean ${option}?`,
    );
  }
  if (typeof value !== 'string') {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `testEnvironmentOptions.modelProviders is ${showValue(value)}; it must be the path of your provider module.`,
    );
  }
  const rooted = value.replace(/^<rootDir>/, rootDir);
  const path = isAbsolute(rooted) ? rooted : resolve(rootDir, rooted);
  if (existsSync(path)) return path;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `testEnvironmentOptions.modelProviders names ${path}, which does not exist (relative paths begin at rootDir, ${rootDir}).`,
  );
}
