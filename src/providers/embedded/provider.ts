import { requireNoConfig } from '../../base/option-rules';
import type { ResourceContext } from '../../pattern/resource-context';
import { LocalServerProvider, type LocalServerHalf } from '../local-server/provider';
import type { ModelClient } from '../openai-compatible/client';
import type { ModelConnection } from '../../pattern/model-connection';
import type { EmbeddedOptions } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    embedded: ModelClient;
  }
  interface BuiltInConnections {
    embedded: ModelConnection;
  }
}

/**
 * Serves small Llama models from a process of plain JavaScript, so that a first evaluation needs nothing but
 * npm: `embedded:novice` and `embedded:expert`, or `embedded:./path.gguf`. The two are narrow: see
 * `models/README.md`.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID` for an unknown name or option or any config,
 *   `GGUF_INVALID`, `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ embedded: new EmbeddedProvider({ parallel: 2 }) });
 */
export class EmbeddedProvider extends LocalServerProvider<EmbeddedOptions> {
  constructor(options: EmbeddedOptions = {}) {
    super(options, {
      maxLive: options.maxLive ?? Infinity,
      slots: options.parallel ?? 4,
      startTimeoutMs: 60_000,
      stopTimeoutMs: 15_000,
    });
  }

  override async createResource(
    name: string,
    config: undefined,
    context: ResourceContext,
  ): Promise<ModelConnection> {
    requireNoConfig(context.spec, config);
    return super.createResource(name, config, context);
  }

  protected override sessionHalf(): LocalServerHalf<EmbeddedOptions> {
    return (require('./resource') as typeof import('./resource')).embedded;
  }
}
