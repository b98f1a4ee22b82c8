// The provider module: jest.config.js names it in testEnvironmentOptions.modelProviders.
import { defineProviders } from 'jest-model-provider';
import { ReplayProvider } from './replay-provider';
import { SearchProvider } from './search-provider';

const providers = defineProviders({ search: new SearchProvider(), replay: new ReplayProvider() });
export default providers;

// With this, handle.client of `search:…` is a SearchClient in every spec.
declare module 'jest-model-provider' {
  interface Register {
    providers: typeof providers;
  }
}
