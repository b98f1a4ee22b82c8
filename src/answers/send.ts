import { ModelProviderError } from '../base/errors';
import { leave, withText, type HttpAnswer, type Send } from '../base/http-answer';
import { fetch, Request, URL } from '../base/real-globals';
import { keepSecret, redact } from '../base/secrets';
import type { Asked } from './answer-error';
import { readBody } from './read-body';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { setImmediate: nextTurn } = process.getBuiltinModule('node:timers/promises');

const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 5;

/**
 * Sends requests, and stays with the server that is asked: a redirect to another host would hand that the key and
 * the prompt. It also takes secrets out of what the server says of an error.
 *
 * @param send what each request is sent by.
 * @throws ModelProviderError `REQUEST_FAILED` naming both hosts, or the address to use instead.
 */
export function fetchFor(asked: Asked, send: Send = fetch): Send {
  keepSecret(`the key of ${asked.model}`, asked.apiKey);
  return async (input, init) => {
    if (performance.now() - heardAt > recentMs) await noticeClosed();
    let url = new URL(input instanceof Request ? input.url : input);
    for (let hop = 0; ; hop += 1) {
      const response = await send(hop === 0 && input instanceof Request ? input : url, {
        ...init,
        redirect: 'manual',
      });
      heardAt = performance.now();
      const location = response.headers.get('location');
      if (!redirects.includes(response.status) || location === null) return withoutSecretsIn(response, asked);
      await leave(response);
      const next = new URL(location, url);
      const keepsRequest = response.status >= 307 || /^(?:GET|HEAD)$/i.test(init?.method ?? 'GET');
      refuseRedirect(asked, { status: response.status, keepsRequest, from: url, to: next, hop });
      url = next;
    }
  };
}

// When this process has last heard of a server. Had its code been busy, it had not.
let heardAt = -Infinity;
const recentMs = 10;

/**
 * Lets this process notice which idle connections servers have closed while its code was busy: a request that is
 * sent on one of those fails. Many requests that are under way at once must not wait for it: they would wait for each
 * other, and go on all in the same moment.
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

async function withoutSecretsIn(response: HttpAnswer, asked: Asked): Promise<HttpAnswer> {
  if (response.status < 400) return response;
  return withText(response, redact(await readBody(asked, response)));
}
