import { requireOptional } from '../../base/actual';
import { ModelProviderError } from '../../base/errors';
import type { ModelConnection } from '../../pattern/model-connection';

/** What the compiler takes `.openai` for in a project without the package `openai`: run `npm i -D openai`. */
export interface OpenAINotInstalled {
  readonly 'npm i -D openai': never;
}

// The compiler keeps this comment in the declarations, so that they compile without the package too.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- no error is expected here, where it is installed
/** @ts-ignore -- not installed in every project */
type Sdk = import('openai').OpenAI;

/**
 * The client of the official SDK, `OpenAI` of the package `openai`.
 *
 * @example
 * const sdk: OpenAIClient = handle.client.openai;
 * const { data } = await sdk.models.list();
 */
// Without the package `Sdk` is `any`, which alone a text fits. As tuples: a compiler does not decide about a bare
// type that it cannot find.
export type OpenAIClient = [string] extends [Sdk] ? OpenAINotInstalled : Sdk;

/**
 * Makes the official SDK's client, whose requests go through `fetch`. Loaded here, not at the top: most specs that
 * import a provider never use it.
 *
 * @throws ModelProviderError `DEPENDENCY_MISSING`.
 */
export function openSdk({ baseURL, apiKey }: ModelConnection, fetch: typeof globalThis.fetch): OpenAIClient {
  const found = requireOptional('openai') as typeof import('openai') | undefined;
  if (found === undefined)
    throw new ModelProviderError(
      'DEPENDENCY_MISSING',
      '.openai is the client of the package openai, which is not installed. Run: npm i -D openai',
      { details: { package: 'openai' } },
    );
  // The key is meant for this server only: no organization or project is read from the environment. A Jest
  // environment that looks like a browser is still Node.
  return new found.OpenAI({
    baseURL,
    apiKey,
    maxRetries: 0,
    organization: null,
    project: null,
    dangerouslyAllowBrowser: true,
    fetch,
  });
}
