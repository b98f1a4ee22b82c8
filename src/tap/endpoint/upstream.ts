import http, { type IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { HttpAnswer, Send } from '../../base/http-answer';
import { PulledBody } from './pulled-body';

// Taken before any spec runs: what one puts in their place, as nock does, is meant for the application under test.
const { Agent, request } = http;

// As long as `fetch` keeps connections that are idle, unless the server names a shorter time.
const idleMs = 4000;

// Of these no proxy is ever asked.
const ownMachine = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Sends what the tap passes on: to servers of this machine by `http.request`, which takes a fraction of the time of
 * `fetch`, and to all others by `fetch`, which knows of proxies. Whoever makes it closes it.
 */
export class Upstream {
  readonly #agent = new Agent({ keepAlive: true, timeout: idleMs });

  /** As `fetch`, with its errors. */
  readonly send: Send = async (input, init = {}) => {
    const url = input instanceof Request ? undefined : new URL(input);
    const isDirect = url?.protocol === 'http:' && ownMachine.has(url.hostname) && isPlain(init.body);
    return isDirect ? this.#ask(url, init) : fetch(input, init);
  };

  /** Ends what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(url: URL, { method = 'GET', headers, body, signal }: RequestInit): Promise<HttpAnswer> {
    signal?.throwIfAborted();
    const faultOf = (message: string, cause: Error): Error =>
      signal?.aborted === true ? (signal.reason as Error) : new TypeError(message, { cause });
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port, pathname, search } = url;
      const sent = request({
        ...{ agent: this.#agent, method, protocol, host: hostname.replace(/^\[|\]$/g, ''), port },
        path: `${pathname}${search}`,
        headers: Object.fromEntries(new Headers(headers)),
      });
      const abort = (): void => void sent.destroy();
      signal?.addEventListener('abort', abort);
      sent.on('close', () => signal?.removeEventListener('abort', abort));
      sent.on('error', (error) => reject(faultOf('fetch failed', error)));
      sent.on('response', (incoming) =>
        resolve({
          status: incoming.statusCode ?? 0,
          statusText: incoming.statusMessage ?? '',
          headers: headersOf(incoming),
          body: new PulledBody(unpacked(incoming), (error) => faultOf('terminated', error)),
        }),
      );
      sent.end(body);
    });
  }
}

/** Whether it is sent as it stands. */
function isPlain(body: RequestInit['body']): body is string | Uint8Array | null | undefined {
  return body == null || typeof body === 'string' || ArrayBuffer.isView(body);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

// What `fetch` unpacks: https://fetch.spec.whatwg.org/#handle-content-codings
const unpackers: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

/** The body as the server packed it, although it was asked not to. */
function unpacked(incoming: IncomingMessage): Readable {
  const packing = incoming.headers['content-encoding']?.trim().toLowerCase() ?? '';
  const unpacker = unpackers[packing]?.();
  return unpacker === undefined ? incoming : pipeline(incoming, unpacker, () => undefined);
}
