import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import { checkedElsewhere, checkOptionsOf, text, type OptionRule } from '../../pattern/option-rules';
import type { ResourceContext } from '../../pattern/resource-context';
import { redact, stripControl } from '../../process/redact';
import type { ModelConnection } from './client';
import type { OpenAICompatibleOptions } from './provider';

const openaiURL = 'https://api.openai.com/v1';
const rateLimitTries = 3;
const longestWaitMs = 20_000;

const rules: Record<keyof OpenAICompatibleOptions, OptionRule> = {
  baseURL: checkedElsewhere,
  apiKeyVariable: text,
  maxLive: checkedElsewhere,
  startTimeoutMs: checkedElsewhere,
};

/**
 * Checks an endpoint: reachable, key accepted, model listed or at least answering one token.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a bad URL or option, `ENDPOINT_REFUSED` with the cause in its first line.
 */
export async function connectEndpoint(
  model: string,
  options: OpenAICompatibleOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  checkOptionsOf('openai-compatible', options, rules);
  const endpoint = new Endpoint(model, options, context);
  const answer = await endpoint.completeOneToken();
  if (isCompletion(answer) || refusesTokenLimit(answer)) return endpoint.connection;
  throw endpoint.refusal(answer);
}

/** @throws ModelProviderError `CONFIG_INVALID` for what is no URL of an endpoint. */
export function endpointURL({ baseURL }: OpenAICompatibleOptions): string {
  return checkURL(baseURL ?? (process.env['OPENAI_BASE_URL'] || openaiURL));
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number;
}

class Endpoint {
  readonly connection: ModelConnection;
  readonly #variable: string;
  readonly #context: ResourceContext;

  constructor(model: string, options: OpenAICompatibleOptions, context: ResourceContext) {
    this.#variable = options.apiKeyVariable ?? 'OPENAI_API_KEY';
    this.#context = context;
    const baseURL = endpointURL(options);
    // A key that was read from a file often ends with a line break.
    const apiKey = (process.env[this.#variable] ?? '').trim();
    if (/[^\x21-\x7e]/.test(apiKey)) {
      throw new ModelProviderError(
        'CONFIG_INVALID',
        `The key in ${this.#variable} holds a space, a line break or a letter beyond ASCII, which no HTTP header can carry.`,
      );
    }
    if (apiKey === '' && baseURL === openaiURL) {
      throw new ModelProviderError(
        'ENDPOINT_REFUSED',
        `No key for ${baseURL}: set the environment variable ${this.#variable}, or give another baseURL.`,
      );
    }
    // Endpoints without keys still want the header's form.
    this.connection = { baseURL, apiKey: apiKey === '' ? 'none' : apiKey, model };
  }

  async completeOneToken(): Promise<Answer> {
    const body = { model: this.connection.model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 };
    this.#context.progress(`waiting for the first token of ${this.connection.baseURL}`);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#request('/chat/completions', body);
      if (answer.status !== 429 || attempt === rateLimitTries) return answer;
      this.#context.progress(`waiting for the rate limit of ${this.connection.baseURL}`);
      await this.#pause(Math.min(answer.retryAfterMs, longestWaitMs));
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#context;
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  refusal({ status, body }: Answer): ModelProviderError {
    const { baseURL, model } = this.connection;
    const said = this.#quote(body);
    const causes: Record<number, string> = {
      200: `${baseURL} answered, but not with a completion. Check that the base URL ends with the API's version, often /v1.`,
      400: `${baseURL} refused the request for "${model}"${said}.`,
      401: `${baseURL} refused the key of ${this.#variable} (401)${said}. Check that the variable holds a key of this endpoint.`,
      403: `${baseURL} forbids this key to use "${model}" (403)${said}.`,
      404: `${baseURL} has no model "${model}", or no chat endpoint there (404)${said}. Check the model's name, and that the base URL ends with the API's version, often /v1.`,
      429: `${baseURL} limits the rate or the quota of this key (429), also after ${rateLimitTries} tries${said}.`,
    };
    const cause =
      causes[status] ?? `${baseURL} ${status >= 500 ? 'failed' : 'answered'} with HTTP ${status}${said}.`;
    return new ModelProviderError('ENDPOINT_REFUSED', cause, { details: { baseURL, model, status } });
  }

  async #request(path: string, body: unknown): Promise<Answer> {
    const { baseURL, apiKey, model } = this.connection;
    try {
      const response = await fetch(`${baseURL}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: this.#context.signal,
      });
      return { status: response.status, body: await response.text(), retryAfterMs: retryAfter(response) };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? messageOf(error);
      throw new ModelProviderError(
        'ENDPOINT_REFUSED',
        `Nothing answers at ${baseURL} (${cause}): is the server running, and the base URL right?`,
        {
          cause: error,
          details: { baseURL, model },
        },
      );
    }
  }

  #quote(body: string): string {
    const message = stripControl(redact(readMessage(body), [this.connection.apiKey]));
    const text = message.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
    return text === '' ? '' : `: ${text.replace(/\.$/, '')}`;
  }
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
    // The rest is not shown: it may hold a secret.
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The baseURL at ${host} holds a user, a query or a fragment; it must be a plain URL such as http://127.0.0.1:8000/v1, and the key is taken from the environment.`,
    );
  }
  return baseURL.replace(/\/+$/, '');
}

function isCompletion({ status, body }: Answer): boolean {
  if (status !== 200) return false;
  try {
    return Array.isArray((JSON.parse(body) as { choices?: unknown } | null)?.choices);
  } catch {
    return false;
  }
}

/** Newer OpenAI models refuse max_tokens by name; that answer proves endpoint, key and model just as well. */
function refusesTokenLimit({ status, body }: Answer): boolean {
  return status === 400 && body.includes('max_completion_tokens');
}

function readMessage(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as {
      error?: string | { message?: string };
      message?: string;
    };
    return (typeof error === 'string' ? error : (error?.message ?? message)) ?? '';
  } catch {
    return body;
  }
}

// Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
function retryAfter(response: Response): number {
  const value = response.headers.get('retry-after');
  if (value === null) return 1000;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : 1000;
}
