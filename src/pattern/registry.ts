import { validateConstraints } from './constraints';
import { ModelProviderError } from './errors';
import type { ModelProvider } from './model-provider';
import { providerDefect } from './provider-defect';
import { unknownProvider } from './resource-spec';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a registry holds providers of every client and connection
export type AnyProvider = ModelProvider<any, any, any>;

/** Providers by prefix, as {@link defineProviders} takes and returns them. */
export type ProviderMap = Readonly<Record<string, AnyProvider>>;

/**
 * Names your own providers. The default export of the module that `testEnvironmentOptions.modelProviders` points to; each name
 * is a prefix of resource specs. A built-in name replaces the built-in provider.
 *
 * @throws ModelProviderError `PROVIDER_INVALID` naming the entry and what is wrong with it.
 * @example
 * export default defineProviders({ llama: new LlamaServerProvider({ contextSize: 4096 }), mine: new MyProvider() });
 */
export function defineProviders<const Map extends ProviderMap>(providers: Map): Map {
  for (const [name, provider] of Object.entries(providers)) {
    if (!/^[A-Za-z][\w-]*$/.test(name)) {
      throw new ModelProviderError(
        'PROVIDER_INVALID',
        `Provider name "${name}" cannot be a spec's prefix: use a letter, then letters, digits, "_" or "-".`,
      );
    }
    const defect = providerDefect(provider);
    if (defect !== undefined) {
      throw new ModelProviderError('PROVIDER_INVALID', `Provider "${name}" is refused: ${defect}.`, {
        details: { provider: name },
      });
    }
    validateConstraints(name, provider.constraints);
  }
  return Object.freeze(providers);
}

/** The providers of one realm, by prefix. */
export class ProviderRegistry {
  readonly #providers = new Map<string, AnyProvider>();

  constructor(...maps: ProviderMap[]) {
    for (const map of maps)
      for (const [name, provider] of Object.entries(map)) this.#providers.set(name, provider);
  }

  get names(): string[] {
    return [...this.#providers.keys()];
  }

  /** The prefixes of those whose resources are models. */
  get modelNames(): string[] {
    return this.names.filter((name) => this.#providers.get(name)?.isModel);
  }

  all(): AnyProvider[] {
    return [...this.#providers.values()];
  }

  get(name: string): AnyProvider | undefined {
    return this.#providers.get(name);
  }

  /** @throws ModelProviderError `PROVIDER_UNKNOWN` about `spec`, whose prefix `name` is; it lists the known ones. */
  require(name: string, spec: string): AnyProvider {
    const provider = this.get(name);
    if (provider === undefined) throw unknownProvider(name, this.names, spec);
    return provider;
  }

  prefixOf(provider: unknown): string | undefined {
    return this.names.find((name) => this.#providers.get(name) === provider);
  }

  /** Registers a provider that no module names, under a prefix made from its class name. */
  adopt(provider: AnyProvider): string {
    const base = provider.constructor.name.replace(/Provider$/, '').toLowerCase() || 'provider';
    let name = base;
    for (let n = 2; this.#providers.has(name); n += 1) name = `${base}-${n}`;
    defineProviders({ [name]: provider });
    this.#providers.set(name, provider);
    return name;
  }
}
