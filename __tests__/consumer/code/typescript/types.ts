// Read by the compiler alone.
import type { Generation, ModelClient } from 'jest-model-provider';
import { isModelProviderError, withClient, type ErrorCode } from 'jest-model-provider';
import { fakeProvider } from 'jest-model-provider/testing';
import { closeSession, openSession } from 'jest-model-provider/session';
import ModelProviderEnvironment from 'jest-model-provider/environment';
import type providers from './model-providers.js';
import type { Greeter } from './model-providers.js';

declare module 'jest-model-provider' {
  interface Register {
    providers: typeof providers;
  }
}

withClient(['embedded:novice', { spec: 'llama:model.gguf', label: 'mine' }], (handle, model) => {
  const client: ModelClient = handle.client;
  const reply: Promise<Generation> = client.generate(model);
  // @ts-expect-error a model's client has no such method
  handle.client.greet();
  return void reply;
});

withClient(['greeter:world'], (handle) => {
  const greeter: Greeter = handle.client;
  // @ts-expect-error a greeter is no model
  handle.client.generate('2 + 3');
  return void greeter;
});

export const codeOf = (error: unknown): ErrorCode | undefined =>
  isModelProviderError(error) ? (error.code as ErrorCode) : undefined;

export class OwnEnvironment extends ModelProviderEnvironment {}
export const parts = [fakeProvider, openSession, closeSession];
