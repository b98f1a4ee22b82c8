import { defineProviders, ModelProvider, type ProviderConstraints } from 'jest-model-provider';

const constraints: ProviderConstraints = {
  maxLive: 1,
  sharing: 'shared',
  retain: 'lease',
  startTimeoutMs: 1000,
  stopTimeoutMs: 1000,
};

export interface Shop {
  prices(): Promise<number[]>;
}

class ShopProvider extends ModelProvider<Shop, { dsn: string }, { rows: number }> {
  readonly constraints = constraints;
  async createResource(name: string): Promise<{ dsn: string }> {
    return { dsn: name };
  }
  createClient(): Shop {
    return { prices: async () => [1] };
  }
}

export interface Tiny {
  tiny: true;
}

class TinyProvider extends ModelProvider<Tiny> {
  readonly constraints = constraints;
  async createResource(): Promise<null> {
    return null;
  }
  async createClient(): Promise<Tiny> {
    return { tiny: true };
  }
}

// The second replaces a built-in provider.
export default defineProviders({ shop: new ShopProvider(), embedded: new TinyProvider() });

declare module 'jest-model-provider' {
  interface Register {
    providers: typeof import('./providers').default;
  }
}
