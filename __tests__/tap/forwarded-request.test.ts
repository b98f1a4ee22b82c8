import { answeredHeaders, forwardedHeaders, urlBelow } from '../../src/tap/forwarded-request';
import type { TappedRequest } from '../../src/pattern/tap-endpoint';

const base = 'https://api.example/openai/v1';

test.each([
  ['/chat/completions', `${base}/chat/completions`],
  ['/models?limit=2', `${base}/models?limit=2`],
  ['/files/a%2Fb', `${base}/files/a%2Fb`],
  ['/a/../models', `${base}/models`],
])('%s is below the base URL', (path, url) => {
  expect(urlBelow(base, path)).toBe(url);
  expect(urlBelow(`${base}/`, path)).toBe(url);
});

test.each([
  '/../v2/models',
  '/%2e%2e/%2E%2E/admin',
  '/..',
  '/..\\..\\admin',
  '.evil.example/x',
  '@evil.example/x',
  '/../v1evil/x',
])('%s is not', (path) => {
  expect(urlBelow(base, path)).toBeUndefined();
});

test('a base URL without a path has all of its server below it', () => {
  expect(urlBelow('http://127.0.0.1:8080', '/chat/completions')).toBe(
    'http://127.0.0.1:8080/chat/completions',
  );
});

const request = (headers: Record<string, string>): TappedRequest => ({
  ...{ method: 'POST', target: '/', body: new Uint8Array(), caller: undefined },
  headers,
  signal: new AbortController().signal,
});

test('the key of the model stands where the application put its own', () => {
  const sent = { authorization: 'Bearer token', 'content-type': 'application/json' };
  expect(forwardedHeaders(request(sent), { apiKey: 'real' })).toEqual({
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    authorization: 'Bearer real',
  });
  expect(
    forwardedHeaders(request({ 'x-api-key': 'token', 'anthropic-version': '2023-06-01' }), {
      apiKey: 'real',
    }),
  ).toMatchObject({ 'x-api-key': 'real', 'anthropic-version': '2023-06-01' });
});

test('a model without a key gets none', () => {
  expect(forwardedHeaders(request({ authorization: 'Bearer token' }), { apiKey: '' })).toEqual({
    'accept-encoding': 'identity',
  });
});

test('what is of the connection, or of this address alone, is not passed on', () => {
  const own = {
    ...{ host: '127.0.0.1:1', connection: 'keep-alive', 'content-length': '2', cookie: 'a=b' },
    ...{ 'accept-encoding': 'gzip, br', 'transfer-encoding': 'chunked', 'x-forwarded-for': '10.0.0.1' },
    ...{ 'api-key': 'token', 'proxy-authorization': 'x' },
  };
  expect(Object.keys(forwardedHeaders(request(own), { apiKey: 'real' })).sort()).toEqual([
    'accept-encoding',
    'authorization',
  ]);
  const answered = new Headers({
    ...{ 'content-type': 'text/plain', 'content-encoding': 'gzip', 'content-length': '9' },
    ...{ 'set-cookie': 'a=b', 'x-ratelimit-remaining-requests': '3' },
  });
  expect(answeredHeaders(answered)).toEqual({
    'content-type': 'text/plain',
    'x-ratelimit-remaining-requests': '3',
  });
});
