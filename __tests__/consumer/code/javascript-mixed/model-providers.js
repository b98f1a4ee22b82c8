const { defineProviders, ModelProvider } = require('jest-model-provider');

class GreeterProvider extends ModelProvider {
  constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000 };

  async createResource(name, _config, context) {
    context.progress('thinking of a greeting');
    return { greeting: `Hello, ${name}` };
  }

  createClient({ greeting }) {
    return { greet: () => greeting };
  }
}

module.exports = defineProviders({ greeter: new GreeterProvider() });
