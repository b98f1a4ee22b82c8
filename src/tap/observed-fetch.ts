import type { WaitingFetch } from '../answers/waiting-fetch';
import { webResponse } from '../base/http-answer';
import { Request, URL } from '../base/real-globals';
import type { ModelConnection } from '../pattern/model-connection';
import { ObservedCall, type CallRequest } from './observed-call';

/**
 * A `fetch` whose calls are seen as those of an application are, without the way through an address of this run: for
 * clients that are made here.
 *
 * @param noteNext asked at each call, since that belongs to whoever makes it.
 */
export function observedFetch(
  { connection, sender }: { readonly connection: ModelConnection; readonly sender: WaitingFetch },
  noteNext: () => CallRequest['note'],
): typeof fetch {
  return async (input, init = {}) => {
    // Its body could be read only once.
    if (input instanceof Request) return sender.fetch(input, init);
    const url = String(input);
    const path = pathBelow(connection.baseURL, url);
    const call = new ObservedCall({
      ...{ url, path, init, connection, sender, note: noteNext() },
      hasLeft: () => init.signal?.aborted === true,
    });
    const { status, headers, body } = await call.send();
    return webResponse({ status, statusText: '', headers, body });
  };
}

function pathBelow(baseURL: string, url: string): string {
  const { pathname } = new URL(baseURL);
  const { pathname: asked, search } = new URL(url);
  const root = pathname.replace(/\/+$/, '');
  return `${asked.startsWith(`${root}/`) ? asked.slice(root.length) : asked}${search}`;
}
