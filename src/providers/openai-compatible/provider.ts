import type { ProviderConstraints } from '../../pattern/constraints';
import type { Json } from '../../base/json';
import { ModelProvider } from '../../pattern/model-provider';
import { requireNoConfig } from '../../base/option-rules';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient } from './client';
import type { ModelConnection } from '../../pattern/model-connection';
import type { OpenAICompatibleOptions } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    openai: ModelClient;
  }
  interface BuiltInConnections {
    openai: ModelConnection;
  }
}

/**
 * Leases a model of any OpenAI-compatible endpoint, `openai:<model>`. It starts and stops nothing. The setup
 * checks that the endpoint answers, that it accepts the key, and that the model gives a token; each failure
 * has a message of its own.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID` for an unknown option or any config,
 *   `ENDPOINT_REFUSED`.
 * @example
 * defineProviders({
 *   groq: new OpenAICompatibleProvider({
 *     baseURL: 'https://api.groq.com/openai/v1',
 *     apiKeyVariable: 'GROQ_API_KEY',
 *   }),
 * });
 */
export class OpenAICompatibleProvider extends ModelProvider<ModelClient, ModelConnection, never> {
  override readonly replayable: boolean = true;
  readonly constraints: ProviderConstraints;
  readonly #options: OpenAICompatibleOptions;

  constructor(options: OpenAICompatibleOptions = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? Infinity,
      sharing: 'shared',
      // An endpoint is checked once per session. Without a lease it costs nothing.
      retain: 'session',
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      stopTimeoutMs: 5_000,
    };
  }

  async createResource(name: string, config: undefined, context: ResourceContext): Promise<ModelConnection> {
    requireNoConfig(context.spec, config);
    // Loaded lazily: only the session's process may load it. By require(), which works inside Jest's VM
    // without flags.
    const { connectEndpoint } = require('./resource') as typeof import('./resource');
    const { startTimeoutMs } = this.constraints;
    return connectEndpoint(name, { ...this.#options, startTimeoutMs }, context);
  }

  /** The endpoint alone: what it serves under a name may change without notice. */
  override identity(): Json {
    const { endpointIdentity } = require('./resource') as typeof import('./resource');
    return endpointIdentity(this.#options);
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
