import { isObject } from '../../base/json';
import { isModelProviderError } from '../../base/errors';
import { URL } from '../../base/real-globals';
import { readRetryAfter } from '../../base/retry-after';
import { refusalOfBody } from '../../answers/answer-error';

/** Whatever an error may have that says something. */
export interface Link {
  readonly code?: unknown;
  readonly type?: unknown;
  readonly config?: unknown;
  readonly constructor?: { readonly name?: unknown };
  readonly data?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly headers?: unknown;
  readonly isRetryable?: unknown;
  readonly response?: unknown;
  readonly responseBody?: unknown;
  readonly responseHeaders?: unknown;
  readonly url?: unknown;
}

const deepest = 6;

/**
 * An error and what caused it, down to the first: `fetch` wraps what happened to the socket, SDKs wrap that,
 * and the AI SDK keeps the last of its tries as `lastError`. The error of a judge's endpoint is the endpoint's,
 * not the judgement's.
 */
export function linksOf(error: unknown): Link[] {
  const links: Link[] = [];
  let found = error;
  while (typeof found === 'object' && found !== null && links.length < deepest) {
    links.push(found);
    // An error of this package has been judged by its code, whatever has caused it.
    if (isModelProviderError(found) && found.code !== 'SCORER_FAILED') break;
    const { cause, lastError } = found as { cause?: unknown; lastError?: unknown };
    found = lastError ?? cause;
  }
  return isModelProviderError(links[0], 'SCORER_FAILED') ? links.slice(1) : links;
}

/**
 * The status of the first that has one: as the clients of this package say it, the SDKs of OpenAI and
 * LangChain, the AI SDK and undici, or axios.
 */
export function statusIn(links: readonly Link[]): number | undefined {
  for (const link of links) {
    const { details, status, statusCode, response } = link as {
      details?: { status?: unknown };
      status?: unknown;
      statusCode?: unknown;
      response?: { status?: unknown };
    };
    const found = [details?.status, status, statusCode, response?.status].find(
      (value): value is number => typeof value === 'number',
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Milliseconds after which the server wants to be asked again, if it said so. */
export function retryAfterIn(links: readonly Link[]): number | undefined {
  for (const { details, headers, responseHeaders, response } of links) {
    const known = details?.['retryAfterMs'];
    if (typeof known === 'number') return known;
    for (const found of [headers, responseHeaders, field(response, 'headers')]) {
      const ms = readRetryAfter(headerLines(found));
      if (ms !== undefined) return ms;
    }
  }
  return undefined;
}

function headerLines(headers: unknown): Iterable<readonly [string, unknown]> {
  if (typeof headers !== 'object' || headers === null) return [];
  // Headers of fetch, of any realm, and those of axios.
  return Symbol.iterator in headers
    ? (headers as Iterable<readonly [string, unknown]>)
    : Object.entries(headers);
}

/** The server's own codes of the errors, such as `insufficient_quota`. */
export function codesIn(links: readonly Link[]): { readonly code: unknown; readonly type: unknown }[] {
  return links.flatMap((link) => {
    const { details, error, data, response, responseBody } = link;
    const bodies = [error, field(data, 'error'), field(field(response, 'data'), 'error')].filter(isObject);
    const body = typeof responseBody === 'string' ? refusalOfBody(responseBody) : undefined;
    return [link, { code: details?.['serverCode'], type: details?.['type'] }, ...bodies, body ?? {}].map(
      ({ code, type }: { code?: unknown; type?: unknown }) => ({ code, type }),
    );
  });
}

/**
 * Whether an error is of one of these endpoints; undefined where nothing says so. What decides is, in this
 * order: that it is an error of this package, whose clients ask leased endpoints; the URL that the error has,
 * as those of the AI SDK, axios and `fetch` do; that it is one of OpenAI's SDK, which has no URL.
 *
 * @param endpoints base URLs.
 */
export function isOfOne(endpoints: readonly string[], links: readonly Link[]): boolean | undefined {
  if (links.some((link) => isModelProviderError(link))) return true;
  const url = urlIn(links);
  if (url !== undefined) return endpoints.some((endpoint) => isBelow(endpoint, url));
  return links.some(isOfOpenAISdk) ? true : undefined;
}

/** Those of the endpoints that an error of one of them may be of: all where it does not say its URL. */
export function originsIn(endpoints: readonly string[], links: readonly Link[]): readonly string[] {
  const url = urlIn(links);
  return url === undefined ? endpoints : endpoints.filter((endpoint) => isBelow(endpoint, url));
}

function urlIn(links: readonly Link[]): URL | undefined {
  return links.map(urlOf).find((found) => found !== undefined);
}

function urlOf({ url, config, response }: Link): URL | undefined {
  const [base, path] = [field(config, 'baseURL'), field(config, 'url')];
  const joined =
    typeof base === 'string' && !/^\w+:\/\//.test(typeof path === 'string' ? path : '')
      ? `${base.replace(/\/+$/, '')}/${typeof path === 'string' ? path.replace(/^\/+/, '') : ''}`
      : path;
  for (const found of [url, joined, field(response, 'url')])
    if (typeof found === 'string' && URL.canParse(found)) return new URL(found);
  return undefined;
}

const thisMachine = new Set(['localhost', '[::1]']);

function isBelow(endpoint: string, url: URL): boolean {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const nameOf = (name: string): string => (thisMachine.has(name) ? '127.0.0.1' : name);
  return (
    [url.protocol, nameOf(url.hostname), url.port].join() === [protocol, nameOf(hostname), port].join() &&
    `${url.pathname}/`.startsWith(`${pathname.replace(/\/+$/, '')}/`)
  );
}

function isOfOpenAISdk(link: Link): boolean {
  for (
    let at: unknown = Object.getPrototypeOf(link);
    typeof at === 'object' && at !== null;
    at = Object.getPrototypeOf(at)
  )
    if ((at as { constructor?: { name?: unknown } }).constructor?.name === 'OpenAIError') return true;
  return false;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
