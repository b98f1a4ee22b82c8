import { resolveSource } from '../src/provider-module/typescript-sources';

/** What Jest tells a resolver. */
interface ResolverOptions {
  readonly defaultResolver: (path: string, options: ResolverOptions) => string;
}

/** Jest's own resolver, which finds `helper.ts` for `./helper.js` too. */
export function sync(path: string, options: ResolverOptions): string {
  return resolveSource(path, (tried) => options.defaultResolver(tried, options));
}
