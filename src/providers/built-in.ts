import type { ProviderMap } from '../pattern/registry';
import { DatabaseProvider } from './database/provider';
import { EmbeddedProvider } from './embedded/provider';
import { LlamaServerProvider } from './llama-server/provider';
import { OpenAICompatibleProvider } from './openai-compatible/provider';
import { PostgresServerProvider } from './postgres-server/provider';
import { VLLMProvider } from './vllm/provider';

/** The providers that every session has, under their prefixes. */
export function builtInProviders(): ProviderMap {
  return {
    embedded: new EmbeddedProvider(),
    llama: new LlamaServerProvider(),
    openai: new OpenAICompatibleProvider(),
    postgres: new DatabaseProvider(),
    'postgres-server': new PostgresServerProvider(),
    vllm: new VLLMProvider(),
  };
}
