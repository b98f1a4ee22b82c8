import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf, ModelProviderError } from '../base/errors';
import { ProviderRegistry } from '../pattern/registry';
import { builtInProviders } from '../providers/built-in';
import { moduleVersion } from '../provider-module/version';
import { providersOf, requireSameModule } from '../provider-module/load';
import { withSources } from '../provider-module/typescript-sources';
import { providerModulePath, type ProjectOptions } from '../provider-module/path';
import type { SupervisorProject } from '../session/warm/supervisor-protocol';

/**
 * The parts of Jest's own packages that are used here. They come with the project's Jest, whose types may be
 * missing.
 */
interface JestConfig {
  readConfigs(argv: object, projects: string[]): Promise<{ configs: ProjectOptions[] }>;
}
interface JestTransform {
  createScriptTransformer(project: ProjectOptions): Promise<{
    requireAndTranspileModule(
      path: string,
      use: (module: unknown) => Promise<void>,
      options: { applyInteropRequireDefault: boolean },
    ): Promise<unknown>;
  }>;
}

export interface ProjectProviders {
  readonly registry: ProviderRegistry;
  readonly project: SupervisorProject;
}

/**
 * The providers of a Jest run in the working directory: the built-in ones, and those of the provider module
 * that the configuration names, loaded through the project's transforms.
 *
 * @param config a Jest configuration file or its folder; by default what `jest` without arguments finds, or
 *   nothing.
 * @throws ModelProviderError `DEPENDENCY_MISSING`, `CONFIG_INVALID`, `PROVIDER_MODULE_INVALID`,
 *   `PROVIDER_INVALID`, `PROVIDER_MODULE_CONFLICT`.
 */
export async function projectProviders(config: string | undefined): Promise<ProjectProviders> {
  const named = (await projectConfigs(config)).flatMap((project) => {
    const path = providerModulePath(project);
    return path === undefined ? [] : [{ project, path }];
  });
  const [first] = named;
  const project = { directory: process.cwd(), providerModule: null, moduleVersion: null };
  if (first === undefined) return { registry: new ProviderRegistry(builtInProviders()), project };
  for (const { path } of named) requireSameModule(first.path, path);
  const own = providersOf(await loadTransformed(first.path, first.project), first.path);
  return {
    registry: new ProviderRegistry(builtInProviders(), own),
    project: { ...project, providerModule: first.path, moduleVersion: moduleVersion(first.path) },
  };
}

async function projectConfigs(config: string | undefined): Promise<readonly ProjectOptions[]> {
  const jestConfig = jestPackage('jest-config') as JestConfig | undefined;
  if (jestConfig === undefined) {
    if (config === undefined) return [];
    throw new ModelProviderError(
      'DEPENDENCY_MISSING',
      `--config ${config} cannot be read: Jest is not installed in ${process.cwd()}. Install it there: npm install --save-dev jest`,
    );
  }
  const argv = { $0: '', _: [], ...(config === undefined ? {} : { config }) };
  try {
    return (await jestConfig.readConfigs(argv, [process.cwd()])).configs;
  } catch (error) {
    // The built-in providers work without a project.
    if (config === undefined && /Could not find a config file/.test(messageOf(error))) return [];
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The configuration of Jest cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Loads a module as Jest loads `globalSetup`: the loader runs while the project's transforms are in force.
 */
async function loadTransformed(path: string, project: ProjectOptions): Promise<unknown> {
  const transform = jestPackage('@jest/transform') as JestTransform | undefined;
  let loaded: unknown;
  const loader = require.resolve('../provider-module/load');
  const transformer = await transform?.createScriptTransformer(project);
  const load = async (module: unknown): Promise<void> => {
    const { loadProviderModule } = module as typeof import('../provider-module/load');
    loaded = await withSources(() => loadProviderModule(path));
  };
  await transformer?.requireAndTranspileModule(loader, load, { applyInteropRequireDefault: false });
  return loaded;
}

/**
 * A package that the project's Jest depends on. Package managers may place it where only Jest itself finds
 * it.
 */
function jestPackage(name: string): unknown {
  try {
    const jest = createRequire(join(process.cwd(), 'package.json')).resolve('jest');
    const core = createRequire(jest).resolve('@jest/core');
    return createRequire(core)(name);
  } catch {
    return undefined;
  }
}
