import type { ProviderMap } from '../pattern/registry';
import { EmbeddedProvider } from './embedded/provider';
import { LlamaServerProvider } from './llama-server/provider';
import { OpenAICompatibleProvider } from './openai-compatible/provider';

/** The providers that every session has, under their prefixes. */
export function builtInProviders(): ProviderMap {
  return {
    embedded: new EmbeddedProvider(),
    llama: new LlamaServerProvider(),
    openai: new OpenAICompatibleProvider(),
  };
}
