import { cut } from '../../base/cut';
import { refusalIn, refusalOfBody } from '../../answers/answer-error';
import { parsedJson } from '../../base/json';
import { gateOf } from '../../answers/endpoint-gate';
import { firstChoice } from '../../answers/read-answer';
import { readBody } from '../../answers/read-body';
import { fetchFor } from '../../answers/send';
import { WaitingFetch } from '../../answers/waiting-fetch';
import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import type { Json } from '../../base/json';
import { printable } from '../../base/printable';
import { usualMaxWaitMs } from '../../pattern/model-calls';
import type { ResourceContext } from '../../pattern/resource-context';
import type { ModelConnection } from '../../pattern/model-connection';
import {
  endpointURL,
  openaiURL,
  validateOpenAICompatibleOptions,
  type OpenAICompatibleOptions,
} from './options';

// Of an answer of one token.
const mostBytes = 2 ** 20;

/**
 * Checks an endpoint: it is reachable, accepts the key, and answers one token of the model.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a bad URL or option, `ENDPOINT_REFUSED` with the cause in
 *   its first line.
 */
export async function connectEndpoint(
  model: string,
  options: OpenAICompatibleOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  validateOpenAICompatibleOptions(options);
  const endpoint = new Endpoint(model, options, context);
  const answer = await endpoint.completeOneToken();
  if (isCompletion(answer) || refusesTokenLimit(answer)) return endpoint.connection;
  throw endpoint.refusal(answer);
}

/** The endpoint alone: what it serves under a name may change without notice. */
export function endpointIdentity(options: OpenAICompatibleOptions): Json {
  return { endpoint: endpointURL(options) };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

class Endpoint {
  readonly connection: ModelConnection;
  readonly #variable: string;
  readonly #context: ResourceContext;
  readonly #maxWaitMs: number;

  constructor(model: string, options: OpenAICompatibleOptions, context: ResourceContext) {
    this.#variable = options.apiKeyVariable ?? 'OPENAI_API_KEY';
    this.#context = context;
    this.#maxWaitMs = options.startTimeoutMs ?? usualMaxWaitMs;
    const baseURL = endpointURL(options);
    // A key from a file often ends with a line break.
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
        `No key for ${baseURL}: set the environment variable ${this.#variable}, or give another baseURL. It is read in Jest's main process, which reads no .env file by itself: call process.loadEnvFile() in jest.config.js.`,
      );
    }
    // Endpoints without keys still expect the header.
    this.connection = { baseURL, apiKey: apiKey === '' ? 'none' : apiKey, model };
  }

  async completeOneToken(): Promise<Answer> {
    const body = { model: this.connection.model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 };
    this.#context.progress(`waiting for the first token of ${this.connection.baseURL}`);
    return this.#request('/chat/completions', body);
  }

  refusal({ status: sent, body }: Answer): ModelProviderError {
    const { baseURL, model } = this.connection;
    const refusal = sent >= 400 ? refusalOfBody(body) : refusalIn(parsedJson(body));
    // Some answer an error with success, and its status in the body.
    const status = sent < 400 ? (refusal?.status ?? sent) : sent;
    const said = quoted(refusal?.message ?? body);
    const causes: Record<number, string> = {
      200:
        refusal === undefined
          ? `${baseURL} answered, but not with a completion. Check that the base URL ends with the API's version, often /v1.`
          : `${baseURL} answered with success, and with an error in it${said}.`,
      400: `${baseURL} refused the request for "${model}"${said}.`,
      401: `${baseURL} refused the key of ${this.#variable} (401)${said}. Check that the variable holds a key of this endpoint.`,
      403: `${baseURL} forbids this key to use "${model}" (403)${said}.`,
      404: `${baseURL} has no model "${model}", or no chat endpoint there (404)${said}. Check the model's name, and that the base URL ends with the API's version, often /v1.`,
      429: `${baseURL} limits the rate or the quota of this key (429)${said}.`,
    };
    const cause =
      causes[status] ?? `${baseURL} ${status >= 500 ? 'failed' : 'answered'} with HTTP ${status}${said}.`;
    return new ModelProviderError('ENDPOINT_REFUSED', cause, { details: { baseURL, model, status } });
  }

  async #request(path: string, body: unknown): Promise<Answer> {
    const { baseURL, apiKey, model } = this.connection;
    try {
      const response = await this.#sender.fetch(`${baseURL}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: this.#context.signal,
      });
      return {
        status: response.status,
        body: await readBody(this.connection, response, mostBytes),
      };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (isModelProviderError(error))
        throw new ModelProviderError('ENDPOINT_REFUSED', error.message, { details: error.details });
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

  /** A check that comes while others have to wait for the endpoint waits as well. */
  get #sender(): WaitingFetch {
    const { baseURL } = this.connection;
    return new WaitingFetch(fetchFor(this.connection), gateOf(baseURL), () => ({
      maxWaitMs: this.#maxWaitMs,
      signals: [this.#context.signal],
      waits: () => {
        this.#context.progress(`waiting for the rate limit of ${baseURL}`);
        return () => undefined;
      },
      gaveUp: () => undefined,
    }));
  }
}

const longestQuote = 300;

function quoted(words: string): string {
  const text = cut(printable(words.replaceAll(/\s+/g, ' ')), longestQuote);
  return text === '' ? '' : `: ${text.replace(/\.$/, '')}`;
}

function isCompletion({ status, body }: Answer): boolean {
  const parsed = parsedJson(body);
  return status === 200 && refusalIn(parsed) === undefined && firstChoice(parsed) !== undefined;
}

/** Newer OpenAI models refuse max_tokens by name. That answer proves endpoint, key and model just as well. */
function refusesTokenLimit({ status, body }: Answer): boolean {
  return status === 400 && body.includes('max_completion_tokens');
}
