import { validateConstraints } from './constraints';
import { validateDeviceNeed, type DeviceNeed } from './device-need';
import { ModelProviderError } from '../base/errors';
import type { Json } from '../base/json';
import type { ModelProvider } from './model-provider';
import { providerDefect } from './provider-defect';
import { unknownProvider, type ResourceRef } from './resource-spec';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- providers of any client and connection
export type AnyProvider = ModelProvider<any, any, any>;

/** Providers by prefix, as {@link defineProviders} takes and returns them. */
export type ProviderMap = Readonly<Record<string, AnyProvider>>;

/**
 * Names your own providers. Its result is the default export of the module that
 * `testEnvironmentOptions.modelProviders` points to. Each name is a prefix of resource specs; the name of a
 * built-in provider replaces that provider.
 *
 * @returns `providers` itself, frozen.
 * @throws ModelProviderError `PROVIDER_INVALID` naming the entry and what is wrong with it.
 * @example
 * export default defineProviders({
 *   llama: new LlamaServerProvider({ contextSize: 4096 }),
 *   mine: new MyProvider(),
 * });
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

  /** The prefixes of the providers whose resources are models. */
  get modelNames(): string[] {
    return this.names.filter((name) => this.#providers.get(name)?.isModel);
  }

  all(): AnyProvider[] {
    return [...this.#providers.values()];
  }

  get(name: string): AnyProvider | undefined {
    return this.#providers.get(name);
  }

  /**
   * @throws ModelProviderError `PROVIDER_UNKNOWN` about `spec`, whose prefix is `name`; it lists the known
   *   prefixes.
   */
  require(name: string, spec: string): AnyProvider {
    const provider = this.get(name);
    if (provider === undefined) throw unknownProvider(name, this.names, spec);
    return provider;
  }

  /**
   * What the answers of a resource depend on, known without starting it; null if its provider does not say.
   *
   * @throws ModelProviderError `PROVIDER_UNKNOWN`, and what the provider throws.
   */
  async identity({ provider: prefix, name, config }: ResourceRef): Promise<Json> {
    return (await this.require(prefix, `${prefix}:${name}`).identity?.(name, config)) ?? null;
  }

  /**
   * The devices that a resource takes for itself; undefined if its provider names none.
   *
   * @throws ModelProviderError `PROVIDER_UNKNOWN`, `PROVIDER_INVALID`, and what the provider throws.
   */
  async devices({ provider: prefix, name, config }: ResourceRef): Promise<DeviceNeed | undefined> {
    const spec = `${prefix}:${name}`;
    const need = await this.require(prefix, spec).devices?.(name, config);
    if (need !== undefined) validateDeviceNeed(spec, need);
    return need;
  }

  prefixOf(provider: unknown): string | undefined {
    return this.names.find((name) => this.#providers.get(name) === provider);
  }

  /** Registers a provider that no module names, under a prefix made of its class name. */
  adopt(provider: AnyProvider): string {
    const base = provider.constructor.name.replace(/Provider$/, '').toLowerCase() || 'provider';
    let name = base;
    for (let n = 2; this.#providers.has(name); n += 1) name = `${base}-${n}`;
    defineProviders({ [name]: provider });
    this.#providers.set(name, provider);
    return name;
  }
}
