import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { ModelProviderError } from '../pattern/errors';

/** The part of a Jest project's configuration that this package reads. */
export interface ProjectOptions {
  readonly rootDir: string;
  readonly testEnvironmentOptions: Record<string, unknown>;
}

/**
 * The absolute path of the provider module that a project names in `testEnvironmentOptions.modelProviders`.
 *
 * @throws ModelProviderError `CONFIG_INVALID` if the option is no path, or there is no such file.
 */
export function providerModulePath({ rootDir, testEnvironmentOptions }: ProjectOptions): string | undefined {
  const value = testEnvironmentOptions['modelProviders'];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `testEnvironmentOptions.modelProviders is a ${typeof value}; it must be the path of your provider module.`,
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
