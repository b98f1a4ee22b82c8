import type { ProviderConstraints } from '../../pattern/constraints';
import type { Json } from '../../pattern/json';
import { ModelProvider } from '../../pattern/model-provider';
import { requireNoConfig } from '../../pattern/option-rules';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient, type ModelConnection } from './client';

/** Where the endpoint is, and how to be let in. */
export interface OpenAICompatibleOptions {
  /** The endpoint, `/v1` included; by default `OPENAI_BASE_URL`, else OpenAI's own. */
  readonly baseURL?: string;
  /** Name of the environment variable that holds the key; `OPENAI_API_KEY` by default. The key itself is never an option. */
  readonly apiKeyVariable?: string;
  /** How many models may be leased at once; no limit by default. */
  readonly maxLive?: number;
  /** Milliseconds that the check at setup may take; 60,000 by default. */
  readonly startTimeoutMs?: number;
}

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    openai: ModelClient;
  }
}

/**
 * Leases a model of any OpenAI-compatible endpoint, `openai:<model>`. It starts and stops nothing. The setup checks that the
 * endpoint answers, that the key is accepted and that the model gives a token, each with a message of its own.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID` for an unknown option or any config, `ENDPOINT_REFUSED`.
 * @example
 * defineProviders({ groq: new OpenAICompatibleProvider({ baseURL: 'https://api.groq.com/openai/v1', apiKeyVariable: 'GROQ_API_KEY' }) });
 */
export class OpenAICompatibleProvider extends ModelProvider<ModelClient, ModelConnection, never> {
  readonly constraints: ProviderConstraints;
  readonly #options: OpenAICompatibleOptions;

  constructor(options: OpenAICompatibleOptions = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? Infinity,
      sharing: 'shared',
      // A checked endpoint stays checked: nothing is held while nobody leases it.
      retain: 'session',
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      stopTimeoutMs: 5_000,
    };
  }

  async createResource(name: string, config: undefined, context: ResourceContext): Promise<ModelConnection> {
    requireNoConfig(context.spec, config);
    // Loaded here, in the session's process only; by require(), so that it also works inside Jest's VM without flags.
    const { connectEndpoint } = require('./resource') as typeof import('./resource');
    return connectEndpoint(name, this.#options, context);
  }

  /** What the endpoint serves under a name may change unseen: only the endpoint itself can be told. */
  override identity(): Json {
    const { endpointURL } = require('./resource') as typeof import('./resource');
    return { endpoint: endpointURL(this.#options) };
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
