/** Marks the base class: by it a provider is recognised across realms and copies of this package. */
export const brand = Symbol.for('jest-model-provider.ModelProvider');

const finalMethods = ['setup', 'request', 'teardown', 'teardownAll'] as const;

/**
 * Why `candidate` is not a usable provider, or undefined if it is one. Works across realms and copies of this
 * package.
 */
export function providerDefect(candidate: unknown): string | undefined {
  if (typeof candidate === 'function') return 'it is a class, not an instance: write `new` before it';
  if (typeof candidate !== 'object' || candidate === null)
    return `it is ${candidate === null ? 'null' : `a ${typeof candidate}`}`;
  if (!(brand in candidate)) return 'it does not inherit from ModelProvider';
  for (
    let owner: object = candidate;
    !Object.hasOwn(owner, brand);
    owner = Object.getPrototypeOf(owner) as object
  ) {
    const overridden = finalMethods.find((method) => Object.hasOwn(owner, method));
    if (overridden !== undefined) {
      return `it overrides ${overridden}(), which is the same for every provider: put its work into createResource, destroyResource, createClient or disposeClient`;
    }
  }
  const missing = (['createResource', 'createClient'] as const).find(
    (method) => typeof (candidate as Record<string, unknown>)[method] !== 'function',
  );
  return missing === undefined ? undefined : `it has no ${missing}() method`;
}
