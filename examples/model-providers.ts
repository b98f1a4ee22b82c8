// The provider module: jest.config.js names it in testEnvironmentOptions.modelProviders.
import { defineProviders } from 'jest-model-provider';
import { SearchProvider } from './search-provider';

const providers = defineProviders({ search: new SearchProvider() });
export default providers;

// With this, handle.client of `search:…` is a SearchClient in every spec.
declare module 'jest-model-provider' {
  interface Register {
    providers: typeof providers;
  }
}
