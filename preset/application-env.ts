import { ModelProviderError } from '../src/base/errors';
import { sessionClientKey, type SessionClient } from '../src/pattern/session-client';
import { modelVariables } from '../src/tap/application-env';
import { tapAddress } from '../src/tap/tapped-connection';

/*
 * For `setupFilesAfterEnv`: an application that makes its client when it is imported finds the models of the run under
 * OPENAI_BASE_URL and the other variables of its SDK. Its calls are those of the sample in which they are made by
 * `fetch`, and go to the model that is evaluated.
 *
 *   // jest.config.js
 *   module.exports = { preset: 'jest-model-provider', setupFilesAfterEnv: ['jest-model-provider/application-env'] };
 */
const endpoint = (globalThis as { [sessionClientKey]?: SessionClient })[sessionClientKey]?.tapEndpoint;
if (endpoint === undefined)
  throw new ModelProviderError(
    'SESSION_MISSING',
    "setupFilesAfterEnv has 'jest-model-provider/application-env', but this test file has no session: put preset: 'jest-model-provider' into the same configuration.",
  );
Object.assign(process.env, modelVariables(tapAddress(endpoint.origin, endpoint.fileToken)));
