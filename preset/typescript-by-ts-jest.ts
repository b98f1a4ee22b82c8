interface Transformer {
  process(...args: readonly unknown[]): unknown;
  processAsync(...args: readonly unknown[]): Promise<unknown>;
  getCacheKey(...args: readonly unknown[]): string;
  getCacheKeyAsync(...args: readonly unknown[]): Promise<string>;
}

/**
 * ts-jest, loaded with the first file of TypeScript. Jest makes every transformer of its configuration when it
 * starts, and again in each worker; ts-jest brings the whole compiler with it, which a project of plain
 * JavaScript need not pay for.
 *
 * @param options ts-jest's own, and where it is.
 */
function createTransformer({ tsJest, ...options }: { tsJest: string }): Transformer {
  let loaded: Transformer | undefined;
  const transformer = (): Transformer => (loaded ??= load(tsJest, options));
  return {
    process: (...args) => transformer().process(...args),
    processAsync: (...args) => transformer().processAsync(...args),
    getCacheKey: (...args) => transformer().getCacheKey(...args),
    getCacheKeyAsync: (...args) => transformer().getCacheKeyAsync(...args),
  };
}

function load(path: string, options: object): Transformer {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the project's own copy
  const { default: tsJest } = require(path) as {
    default: { createTransformer(options: object): Transformer };
  };
  return tsJest.createTransformer(options);
}

export default { createTransformer };
