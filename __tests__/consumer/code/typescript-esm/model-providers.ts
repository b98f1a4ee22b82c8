import { defineProviders, ModelProvider, type ResourceContext } from 'jest-model-provider';

export interface Greeter {
  greet(): string;
}

class GreeterProvider extends ModelProvider<Greeter, { greeting: string }> {
  readonly constraints = {
    maxLive: 1,
    sharing: 'shared',
    retain: 'lease',
    startTimeoutMs: 5000,
    stopTimeoutMs: 5000,
  } as const;

  async createResource(name: string, _config: undefined, context: ResourceContext) {
    context.progress('thinking of a greeting');
    return { greeting: `Hello, ${name}` };
  }

  createClient({ greeting }: { greeting: string }): Greeter {
    return { greet: () => greeting };
  }
}

export default defineProviders({ greeter: new GreeterProvider() });
