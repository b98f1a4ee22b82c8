import { TestEnvironment } from 'jest-environment-node';
import * as mixin from './with-model-providers';

/** Jest's Node environment with a connection to the session. */
class ModelProviderEnvironment extends mixin.withModelProviders(TestEnvironment) {}

// eslint-disable-next-line @typescript-eslint/no-namespace -- how a class that is a whole module exports more
namespace ModelProviderEnvironment {
  export import withModelProviders = mixin.withModelProviders;
}

// For native ES modules, which look for names of exports without running this.
(exports as Record<string, unknown>)['withModelProviders'] = mixin.withModelProviders;

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderEnvironment;
