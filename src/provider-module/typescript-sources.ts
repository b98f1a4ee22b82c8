import Module from 'node:module';

/** What TypeScript compiles to a file of that name. */
const sources: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/**
 * Resolves what an import says. Where nothing is found, `./helper.js` is `helper.ts`: ES modules in TypeScript
 * name what they will be compiled to. A file that is there comes first.
 *
 * @param resolve throws if there is no such file.
 */
export function resolveSource(path: string, resolve: (path: string) => string): string {
  try {
    return resolve(path);
  } catch (error) {
    for (const source of sourcesOf(path)) {
      try {
        return resolve(source);
      } catch {
        // The message names what the import says.
      }
    }
    throw error;
  }
}

/** Of a path, not of a package such as `bignumber.js`. */
function sourcesOf(path: string): readonly string[] {
  const [, stem = '', extension = ''] = /^(\.{0,2}\/.+)(\.[cm]?jsx?)$/.exec(path) ?? [];
  return (sources[extension] ?? []).map((source) => stem + source);
}

interface Loader {
  _resolveFilename: (request: string, ...others: unknown[]) => string;
}

/** Does {@link resolveSource} for Node's own `require()` until `use` has ended; Jest has a resolver for it. */
export async function withSources<T>(use: () => Promise<T>): Promise<T> {
  const loader = Module as unknown as Loader;
  const original = loader._resolveFilename;
  loader._resolveFilename = (request, ...others) =>
    resolveSource(request, (path) => original.call(loader, path, ...others));
  try {
    return await use();
  } finally {
    loader._resolveFilename = original;
  }
}
