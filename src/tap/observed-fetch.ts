import { ReadableStream, Request, Response, URL } from '../base/real-globals';
import type { WaitingFetch } from '../answers/waiting-fetch';
import type { ModelConnection } from '../pattern/model-connection';
import { ObservedCall, type CallRequest } from './observed-call';

// https://fetch.spec.whatwg.org/#null-body-status
const withoutBody = new Set([101, 204, 205, 304]);

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
    const stream = withoutBody.has(status) ? null : streamOf(body);
    return new Response(stream, { status, headers });
  };
}

function pathBelow(baseURL: string, url: string): string {
  const { pathname } = new URL(baseURL);
  const { pathname: asked, search } = new URL(url);
  const root = pathname.replace(/\/+$/, '');
  return `${asked.startsWith(`${root}/`) ? asked.slice(root.length) : asked}${search}`;
}

function streamOf(body: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await body.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await body.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
