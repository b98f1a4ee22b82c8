import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import ts from 'typescript';
import type * as ModelProviderModule from '../../src/pattern/model-provider';

/** Loads `src/pattern/model-provider` once more, in another realm. */
export function loadInAnotherRealm(): {
  module: typeof ModelProviderModule;
  run(code: string, names: Record<string, unknown>): unknown;
} {
  const realm = createContext({ AbortController, process });
  const loaded = new Map<string, { exports: unknown }>();
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };

  const load = (path: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions });
    const fromPackages = createRequire(path);
    const require = (name: string): unknown =>
      name.startsWith('.') ? load(`${join(dirname(path), name)}.ts`) : fromPackages(name);
    const run = runInContext(`(function (module, exports, require, __dirname) {${outputText}\n})`, realm) as (
      ...args: unknown[]
    ) => void;
    run(module, module.exports, require, dirname(path));
    return module.exports;
  };

  return {
    module: load(join(__dirname, '../../src/pattern/model-provider.ts')) as typeof ModelProviderModule,
    run: (code, names) => {
      const fn = runInContext(`(function (${Object.keys(names).join(', ')}) {${code}\n})`, realm) as (
        ...args: unknown[]
      ) => unknown;
      return fn(...Object.values(names));
    },
  };
}
