import { request } from 'node:http';

/** The answer of a local server. */
export interface LoopbackAnswer {
  readonly status: number;
  readonly body: string;
}

export interface LoopbackRequest {
  readonly port: number;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly apiKey?: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

const longestBody = 1024 * 1024;

/**
 * One HTTP request to a server on 127.0.0.1, on a new connection: a pooled one would keep this process alive,
 * and would hide that another server has the port now. Rejects with the socket's error, which has a code
 * (`ECONNREFUSED`, …).
 */
export function loopbackRequest({
  port,
  path,
  method = 'GET',
  apiKey,
  body,
  signal,
}: LoopbackRequest): Promise<LoopbackAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false, signal },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          if (text.length < longestBody) text += chunk;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
