import { ModelProviderError } from '../src/pattern/errors';

/** What this needs of babel-jest's transformer. */
interface Transformer {
  process(source: string, path: string, options: unknown): unknown;
  processAsync(source: string, path: string, options: unknown): Promise<unknown>;
  getCacheKey(source: string, path: string, options: unknown): string;
  getCacheKeyAsync(source: string, path: string, options: unknown): Promise<string>;
}

/**
 * The transform of TypeScript files in a project without ts-jest: Babel, as Jest itself does it, since Babel may know TypeScript
 * there. Where it does not, the error says what to install instead of pointing at the first type annotation.
 */
export function createTransformer({ babelJest }: { readonly babelJest: string }): Transformer {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the project's own
  const babel = require(babelJest) as { createTransformer(): Transformer };
  const transformer = babel.createTransformer();
  return {
    ...transformer,
    process: (source, path, options) => {
      try {
        return transformer.process(source, path, options);
      } catch (error) {
        throw missing(path, error);
      }
    },
    processAsync: async (source, path, options) => {
      try {
        return await transformer.processAsync(source, path, options);
      } catch (error) {
        throw missing(path, error);
      }
    },
  };
}

function missing(path: string, cause: unknown): ModelProviderError {
  return new ModelProviderError(
    'DEPENDENCY_MISSING',
    [
      `${path} is TypeScript, which needs ts-jest.`,
      'What to do: npm install --save-dev ts-jest typescript. If Babel compiles your TypeScript, its own error is the cause of this one.',
    ].join('\n'),
    { cause, details: { path } },
  );
}
