import type { ProviderConstraints } from '../../pattern/constraints';
import type { Json } from '../../pattern/json';
import { ModelProvider } from '../../pattern/model-provider';
import { requireNoConfig } from '../../pattern/option-rules';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient, type ModelConnection } from '../openai-compatible/client';

/** Options of the embedded provider. */
export interface EmbeddedOptions {
  /** How many answers one server generates at once; more requests wait. 4 by default. */
  readonly parallel?: number;
  /** How many models may be served at once; no limit by default, they need some 100 MB each. */
  readonly maxLive?: number;
}

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    embedded: ModelClient;
  }
}

/**
 * Serves small Llama models from a process of plain JavaScript, so that a first evaluation needs nothing but npm:
 * `embedded:novice` and `embedded:expert`, or `embedded:./path.gguf`. The two are narrow: see `models/README.md`.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID` for an unknown name or option or any config, `GGUF_INVALID`, `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ embedded: new EmbeddedProvider({ parallel: 2 }) });
 */
export class EmbeddedProvider extends ModelProvider<ModelClient, ModelConnection, never> {
  readonly constraints: ProviderConstraints;
  readonly #options: EmbeddedOptions;

  constructor(options: EmbeddedOptions = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? Infinity,
      sharing: 'shared',
      retain: 'session',
      slots: options.parallel ?? 4,
      startTimeoutMs: 60_000,
      stopTimeoutMs: 15_000,
    };
  }

  async createResource(name: string, config: undefined, context: ResourceContext): Promise<ModelConnection> {
    requireNoConfig(context.spec, config);
    // Loaded here, in the session's process only; by require(), so that it also works inside Jest's VM without flags.
    const { startEmbedded } = require('./resource') as typeof import('./resource');
    return startEmbedded(name, this.#options, context);
  }

  override async identity(name: string): Promise<Json> {
    const { embeddedIdentity } = require('./identity') as typeof import('./identity');
    return embeddedIdentity(name);
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
