/** @jest-environment jest-model-provider/environment */
import type { ModelClient, ModelConnection } from 'jest-model-provider';
import { describeProviderContract } from 'jest-model-provider/testing';
import { describeWithLlamaServer, makeProvider, modelFile } from './llama-server';

describeWithLlamaServer('a real llama-server', (command) => {
  describeProviderContract('LlamaServerProvider', () => makeProvider(command), {
    name: modelFile('novice'),
    failing: { name: './no-such-file.gguf' },
    isAlive: async ({ baseURL }: ModelConnection) =>
      fetch(`${baseURL}/models`).then(
        () => true,
        () => false,
      ),
    use: (client: ModelClient) => client.generate('What is 1 + 2?', { maxTokens: 4, temperature: 0 }),
  });
});
