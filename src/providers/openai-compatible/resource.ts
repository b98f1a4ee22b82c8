import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { redact } from '../../process/redact';
import type { ModelConnection } from './client';
import type { OpenAICompatibleOptions } from './provider';

const openaiURL = 'https://api.openai.com/v1';
const rateLimitTries = 3;
const longestWaitMs = 20_000;

/**
 * Checks an endpoint: reachable, key accepted, model listed or at least answering one token.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a bad URL, `ENDPOINT_REFUSED` with the cause in its first line.
 */
export async function connectEndpoint(
  model: string,
  options: OpenAICompatibleOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  const endpoint = new Endpoint(model, options, context);
  const { status, body } = await endpoint.completeOneToken();
  if (status === 200) return endpoint.connection;
  throw endpoint.refusal(status, body);
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
    const baseURL = checkURL(options.baseURL ?? process.env['OPENAI_BASE_URL'] ?? openaiURL);
    const apiKey = process.env[this.#variable] ?? '';
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
      // Newer OpenAI models refuse max_tokens by name; the answer then proves all that was asked.
      if (answer.status === 400 && answer.body.includes('max_completion_tokens'))
        return { ...answer, status: 200 };
      if (answer.status !== 429 || attempt === rateLimitTries) return answer;
      this.#context.progress(`waiting for the rate limit of ${this.connection.baseURL}`);
      await pause(Math.min(answer.retryAfterMs, longestWaitMs), this.#context.signal);
    }
  }

  refusal(status: number, body: string): ModelProviderError {
    const { baseURL, model } = this.connection;
    const said = this.#quote(body);
    const causes: Record<number, string> = {
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
    const text = redact(readMessage(body), [this.connection.apiKey]).trim().slice(0, 300);
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
  return baseURL.replace(/\/+$/, '');
}

function readMessage(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: string | { message?: string } };
    return typeof error === 'string' ? error : (error?.message ?? '');
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
