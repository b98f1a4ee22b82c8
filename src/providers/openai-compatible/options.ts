import { ModelProviderError } from '../../base/errors';
import { checkedElsewhere, checkOptionsOf, text, type OptionRule } from '../../base/option-rules';

/** Where the endpoint is, and which key it gets. */
export interface OpenAICompatibleOptions {
  /** The endpoint, `/v1` included; by default `OPENAI_BASE_URL`, else OpenAI's own. */
  readonly baseURL?: string;
  /**
   * Name of the environment variable with the key; `OPENAI_API_KEY` by default. The key itself is never an
   * option.
   */
  readonly apiKeyVariable?: string;
  /** How many models may be leased at once; no limit by default. */
  readonly maxLive?: number;
  /** The most milliseconds for the check at setup; 60,000 by default. */
  readonly startTimeoutMs?: number;
}

export const openaiURL = 'https://api.openai.com/v1';

const rules: Record<keyof OpenAICompatibleOptions, OptionRule> = {
  baseURL: checkedElsewhere,
  apiKeyVariable: text,
  maxLive: checkedElsewhere,
  startTimeoutMs: checkedElsewhere,
};

/**
 * @throws ModelProviderError `CONFIG_INVALID` naming the option. The URL is checked by {@link endpointURL}.
 */
export function validateOpenAICompatibleOptions(options: OpenAICompatibleOptions): void {
  checkOptionsOf('openai-compatible', options, rules);
}

/** @throws ModelProviderError `CONFIG_INVALID` for a value that is no URL of an endpoint. */
export function endpointURL({ baseURL }: OpenAICompatibleOptions): string {
  return checkURL(baseURL ?? (process.env['OPENAI_BASE_URL'] || openaiURL));
}

function checkURL(baseURL: string): string {
  if (!/^https?:\/\//.test(baseURL) || !URL.canParse(baseURL)) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `baseURL is "${baseURL}"; it must be a URL such as http://127.0.0.1:8000/v1.`,
    );
  }
  const { username, password, search, hash, host } = new URL(baseURL);
  if (`${username}${password}${search}${hash}` !== '') {
    // The rest of the URL is not shown: it may include a secret.
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The baseURL at ${host} holds a user, a query or a fragment; it must be a plain URL such as http://127.0.0.1:8000/v1, and the key is taken from the environment.`,
    );
  }
  return baseURL.replace(/\/+$/, '');
}
