import type { Json } from '../../base/json';
import type { ProviderConstraints } from '../../pattern/constraints';
import type { DeviceNeed } from '../../pattern/device-need';
import { ModelProvider } from '../../pattern/model-provider';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient } from '../openai-compatible/client';
import type { ModelConnection } from '../../pattern/model-connection';

/**
 * The session half of a provider of local servers. `options` are those of the provider and of the resource
 * together.
 */
export interface LocalServerHalf<Options> {
  /** @throws what {@link ModelProvider.createResource} throws. */
  start(name: string, options: Options, context: ResourceContext): Promise<ModelConnection>;
  /** @throws what {@link ModelProvider.identity} throws. */
  identity(name: string, options: Options): Promise<Json>;
}

/** The session half of a provider whose servers take GPUs. */
export interface GpuServerHalf<Options> extends LocalServerHalf<Options> {
  /** @throws what {@link ModelProvider.devices} throws. */
  devices(options: Options): Promise<DeviceNeed | undefined>;
}

/**
 * Base of the providers that run model servers on this machine: one server process for each model, which
 * speaks the OpenAI protocol. Equal requests share a server. It is kept until the session ends or its place
 * is needed, since loading weights takes long.
 */
export abstract class LocalServerProvider<
  Options extends object,
  Config extends { [option: string]: Json | undefined } = never,
> extends ModelProvider<ModelClient, ModelConnection, Config> {
  override readonly replayable: boolean = true;
  readonly constraints: ProviderConstraints;
  readonly #options: Options;

  protected constructor(options: Options, limits: Omit<ProviderConstraints, 'sharing' | 'retain'>) {
    super();
    this.#options = options;
    this.constraints = { ...limits, sharing: 'shared', retain: 'session' };
  }

  /**
   * Loads the session half, which only the session's process may do. Each provider loads its own half in this
   * method, never at the top of its file, and by require(), which works inside Jest's VM without flags.
   */
  protected abstract sessionHalf(): LocalServerHalf<Options>;

  /** The options of one resource: those of the provider, overridden by the resource's own config. */
  protected optionsWith(config: Config | undefined): Options {
    return { ...this.#options, ...config };
  }

  async createResource(
    name: string,
    config: Config | undefined,
    context: ResourceContext,
  ): Promise<ModelConnection> {
    return this.sessionHalf().start(name, this.optionsWith(config), context);
  }

  override async identity(name: string, config?: Config): Promise<Json> {
    return this.sessionHalf().identity(name, this.optionsWith(config));
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
