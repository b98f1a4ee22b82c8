import { messageOf, isModelProviderError, ModelProviderError } from '../base/errors';
import { createRequire } from '../base/real-globals';
import { defineProviders, type ProviderMap } from '../pattern/registry';

/**
 * Loads the user's provider module: by `require()`, which goes through Jest's transforms, else by `import()`.
 *
 * @throws ModelProviderError `PROVIDER_MODULE_INVALID` with the reason.
 */
export async function loadProviderModule(path: string): Promise<unknown> {
  try {
    try {
      return fullRequire(path);
    } catch (error) {
      if (!isEsmOnly(error)) throw error;
      return (await import(path)) as unknown;
    }
  } catch (error) {
    if (isModelProviderError(error)) throw error;
    const flag = (error as { code?: string } | null)?.code === 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG';
    const fix = flag ? ' An ES module needs NODE_OPTIONS=--experimental-vm-modules in Jest.' : '';
    throw new ModelProviderError(
      'PROVIDER_MODULE_INVALID',
      `The provider module ${path} cannot be loaded: ${messageOf(error)}${fix}`,
      {
        cause: error,
        details: { path },
      },
    );
  }
}

// Under Plug'n'Play some versions of Node give the modules of packages a `require` that bypasses Jest's transforms, and
// keeps no record of what loads what. That of a spec is Jest's.
const fullRequire: NodeJS.Require = 'cache' in require ? require : createRequire(__filename);

/**
 * The providers that a module exports by default.
 *
 * @throws ModelProviderError `PROVIDER_MODULE_INVALID`, `PROVIDER_INVALID`.
 */
export function providersOf(module: unknown, path: string): ProviderMap {
  const exported = defaultExport(module);
  if (typeof exported !== 'object' || exported === null) {
    throw new ModelProviderError(
      'PROVIDER_MODULE_INVALID',
      `The provider module ${path} must have a default export made by defineProviders({ name: new MyProvider() }); it has ${exported === undefined ? 'none' : `a ${typeof exported}`}.`,
      { details: { path } },
    );
  }
  return defineProviders(exported as ProviderMap);
}

// An `export default` that was compiled to CommonJS is one level deeper when it comes through import(), and
// `module.exports` has no such level.
function defaultExport(module: unknown): unknown {
  let value = module;
  for (
    let depth = 0;
    depth < 2 && typeof value === 'object' && value !== null && 'default' in value;
    depth += 1
  )
    value = value.default;
  return value;
}

function isEsmOnly(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code;
  // Jest's own loader reports a static import in a required file as a syntax error.
  return (
    code === 'ERR_REQUIRE_ESM' ||
    code === 'ERR_REQUIRE_ASYNC_MODULE' ||
    /Must use import to load ES Module/.test(messageOf(error))
  );
}

/**
 * Checks that a project names the provider module of the session: one session has one module.
 *
 * @throws ModelProviderError `PROVIDER_MODULE_CONFLICT` if the session was opened with another module.
 */
export function requireSameModule(session: string | undefined, asked: string | undefined): void {
  if (asked === undefined || asked === session) return;
  throw new ModelProviderError(
    'PROVIDER_MODULE_CONFLICT',
    `Two provider modules in one session: ${session ?? 'none'} and ${asked}. Name the same module in testEnvironmentOptions.modelProviders of every project.`,
    { details: { session: session ?? null, file: asked } },
  );
}
