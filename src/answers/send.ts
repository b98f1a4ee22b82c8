import { ModelProviderError } from '../base/errors';
import { fetch, Request, Response, URL } from '../base/real-globals';
import { keepSecret, redact } from '../base/secrets';
import type { Asked } from './answer-error';
import { readBody } from './read-body';

// Not the global: tests may put fake timers in its place.
const { setImmediate: nextTurn } = process.getBuiltinModule('node:timers/promises');

const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 5;

/**
 * A `fetch` that stays with the server that is asked: a redirect to another host would hand that the key and
 * the prompt. It also takes secrets out of what the server says of an error.
 *
 * @throws ModelProviderError `REQUEST_FAILED` naming both hosts, or the address to use instead.
 */
export function fetchFor(asked: Asked): typeof fetch {
  keepSecret(`the key of ${asked.model}`, asked.apiKey);
  return async (input, init) => {
    await noticeClosed();
    let url = new URL(input instanceof Request ? input.url : input);
    for (let hop = 0; ; hop += 1) {
      const response = await fetch(hop === 0 && input instanceof Request ? input : url, {
        ...init,
        redirect: 'manual',
      });
      const location = response.headers.get('location');
      if (!redirects.includes(response.status) || location === null) return withoutSecretsIn(response, asked);
      await response.body?.cancel();
      const next = new URL(location, url);
      const keepsRequest = response.status >= 307 || /^(?:GET|HEAD)$/i.test(init?.method ?? 'GET');
      refuseRedirect(asked, { status: response.status, keepsRequest, from: url, to: next, hop });
      url = next;
    }
  };
}

/**
 * Lets this process notice which idle connections servers have closed while its code was busy: a request that is
 * sent on one of those fails.
 */
async function noticeClosed(): Promise<void> {
  // The turn that is under way may have looked already.
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
}

interface Redirect {
  readonly status: number;
  /** Whether what is asked there is what was asked here: a POST becomes a GET by some. */
  readonly keepsRequest: boolean;
  readonly from: URL;
  readonly to: URL;
  /** How many there were before. */
  readonly hop: number;
}

// https://fetch.spec.whatwg.org/#http-redirect-fetch
function refuseRedirect({ model, baseURL }: Asked, { status, keepsRequest, from, to, hop }: Redirect): void {
  const fail = (message: string): never => {
    throw new ModelProviderError('REQUEST_FAILED', `"${model}" ${message}`, {
      details: { model, baseURL, status },
    });
  };
  if (to.host !== from.host || (from.protocol === 'https:' && to.protocol !== 'https:'))
    fail(
      `was redirected from ${from.origin} to another host, ${to.origin}, which was not asked: give that as baseURL if it is right.`,
    );
  if (!keepsRequest)
    fail(
      `was redirected with HTTP ${status} to ${to.origin}${to.pathname}, which loses the request: correct the baseURL.`,
    );
  if (hop >= mostRedirects) fail(`was redirected more than ${mostRedirects} times from ${baseURL}.`);
}

async function withoutSecretsIn(response: Response, asked: Asked): Promise<Response> {
  if (response.status < 400) return response;
  const text = await readBody(asked, response);
  const { status, statusText, headers } = response;
  return new Response(redact(text), { status, statusText, headers });
}
