/** @jest-environment jest-model-provider/environment */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import {
  OpenAICompatibleProvider,
  type ModelProviderError,
  type OpenAICompatibleOptions,
} from 'jest-model-provider';
import { caught } from '../../support/caught';
import { completion, fakeEndpoint, json, refusal } from '../../fixtures/fake-endpoint';
import {
  closeSessionsAfterEach,
  openPrivateSession,
  type PrivateSession,
} from '../../fixtures/private-session';

closeSessionsAfterEach();
const endpoint = fakeEndpoint();

const variable = 'JMP_TEST_KEY';
const key = 'sk-test-0123456789abcdef';
let session: PrivateSession;

beforeEach(() => (process.env[variable] = key));
afterEach(() => delete process.env[variable]);

async function open(options: OpenAICompatibleOptions = {}): Promise<OpenAICompatibleProvider> {
  const provider = new OpenAICompatibleProvider({
    baseURL: endpoint.baseURL,
    apiKeyVariable: variable,
    ...options,
  });
  session = await openPrivateSession({ openai: provider });
  return provider;
}

async function refused(options: OpenAICompatibleOptions = {}): Promise<ModelProviderError> {
  const error = await caught((await open(options)).setup('m'));
  expect(session.pids).toEqual([]);
  expect(JSON.stringify([error.message, error.stack, error.details, String(error.cause)])).not.toContain(key);
  return error;
}

describe('the setup of a model at an endpoint', () => {
  test('reads an error that comes with success, and takes its code for the status', async () => {
    endpoint.answer(json(200, { error: { message: 'no such model', code: 404 } }));
    expect((await refused()).message).toBe(
      `${endpoint.baseURL} has no model "m", or no chat endpoint there (404): no such model. Check the model's name, and that the base URL ends with the API's version, often /v1.`,
    );
    endpoint.answer(json(200, { error: 'busy' }));
    expect((await refused()).message).toBe(
      `${endpoint.baseURL} answered with success, and with an error in it: busy.`,
    );
  });

  test('does not follow a redirect to another host, and reads no more than 1 MiB', async () => {
    endpoint.answer((response) => response.writeHead(307, { location: 'http://127.0.0.1:1/v1' }).end());
    expect(await refused()).toMatchObject({
      code: 'ENDPOINT_REFUSED',
      message: expect.stringContaining('to another host, http://127.0.0.1:1') as string,
    });
    endpoint.answer((response) => response.end('x'.repeat(2_000_000)));
    expect(await refused()).toMatchObject({
      code: 'ENDPOINT_REFUSED',
      message: expect.stringContaining('with more than 1048576 bytes') as string,
    });
  });

  test('refuses an option and a config that there is none of, and asks nothing', async () => {
    const misspelt = await refused({ baseUrl: 'http://127.0.0.1:9/v1' } as OpenAICompatibleOptions);
    expect([misspelt.code, misspelt.message]).toEqual([
      'CONFIG_INVALID',
      'openai-compatible: there is no option baseUrl; did you mean baseURL?',
    ]);
    const provider = await open();
    const configured = await caught(provider.setup('m', { temperature: 0 } as never));
    expect([configured.code, configured.message]).toEqual([
      'CONFIG_INVALID',
      'The config of "openai:m" is {"temperature":0}, but its provider takes none: give options to the provider\'s constructor, and temperature and the like to generate().',
    ]);
    expect(endpoint.requests).toEqual([]);
  });

  test('sends the key and asks the model for one token, and starts and stops nothing', async () => {
    endpoint.answer(json(200, completion('Hi')));
    const handle = await (await open()).setup('m');
    expect(endpoint.requests).toHaveLength(1);
    expect(endpoint.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}` },
      body: { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] },
    });
    await handle.teardown();
    await session.close();
    expect(endpoint.requests).toHaveLength(1);
    expect(session.pids).toEqual([]);
  });

  test('checks a model once, however many leases there are', async () => {
    endpoint.answer(json(200, completion('Hi')));
    const provider = await open();
    const handles = await Promise.all([provider.setup('m'), provider.setup('m')]);
    await Promise.all(handles.map((handle) => handle.teardown()));
    await provider.setup('m');
    expect(endpoint.requests).toHaveLength(1);
  });

  test('takes a base URL with a slash at its end, and a key with a line break at its end', async () => {
    process.env[variable] = `${key}\n`;
    endpoint.answer(json(200, completion('Hi')));
    await (await open({ baseURL: `${endpoint.baseURL}/` })).setup('m');
    expect(endpoint.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}` },
    });
  });

  test('takes a model that refuses max_tokens by name', async () => {
    endpoint.answer(
      refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
    );
    expect((await (await open()).setup('m')).isActive).toBe(true);
  });

  test('needs no key where the endpoint needs none', async () => {
    delete process.env[variable];
    endpoint.answer(json(200, completion('Hi')));
    expect((await (await open()).setup('m')).isActive).toBe(true);
  });
});

describe('a refused setup says why', () => {
  test.each([
    [400, 'BASE refused the request for "m": so it is.'],
    [
      401,
      'BASE refused the key of JMP_TEST_KEY (401): so it is. Check that the variable holds a key of this endpoint.',
    ],
    [403, 'BASE forbids this key to use "m" (403): so it is.'],
    [
      404,
      'BASE has no model "m", or no chat endpoint there (404): so it is. ' +
        "Check the model's name, and that the base URL ends with the API's version, often /v1.",
    ],
    [418, 'BASE answered with HTTP 418: so it is.'],
    [500, 'BASE failed with HTTP 500: so it is.'],
    [503, 'BASE failed with HTTP 503: so it is.'],
  ])('when the endpoint answers %i', async (status, message) => {
    endpoint.answer(refusal(status, 'so it is.'));
    const error = await refused();
    expect(error.code).toBe('ENDPOINT_REFUSED');
    expect(error.message).toBe(message.replace('BASE', endpoint.baseURL));
    expect(error.details).toEqual({ baseURL: endpoint.baseURL, model: 'm', status });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('without the key, even if the endpoint repeats it', async () => {
    endpoint.answer(refusal(401, `Incorrect API key provided: ${key}`));
    expect((await refused()).message).toContain('(401): Incorrect API key provided: [redacted]. Check');
  });

  test.each([
    [{ error: 'plain words' }, 'plain words'],
    [{ message: 'elsewhere' }, 'elsewhere'],
  ])('in the words of endpoints that answer %j', async (body, words) => {
    endpoint.answer(json(500, body));
    expect((await refused()).message).toBe(`${endpoint.baseURL} failed with HTTP 500: ${words}.`);
  });

  test('on one line and with visible escape codes, whatever the endpoint sends', async () => {
    endpoint.answer((response) =>
      response.writeHead(502).end(`<html>\n<b>\u001b[31mBad</b>\n${'x'.repeat(1000)}`),
    );
    const { message } = await refused();
    expect(message).toMatch(/failed with HTTP 502: <html> <b>\\u001b\[31mBad<\/b> x+…\.$/);
    expect(message.length).toBeLessThan(400);
  });

  test.each(['<html>Welcome</html>', 'null', '{"object":"list","data":[]}'])(
    'when the endpoint answers 200 with %s',
    async (body) => {
      endpoint.answer((response) => response.end(body));
      const error = await refused();
      expect(error.code).toBe('ENDPOINT_REFUSED');
      expect(error.message).toContain(`${endpoint.baseURL} answered, but not with a completion. Check that`);
    },
  );

  test('when nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await new Promise((resolve) => server.close(resolve));
    const error = await refused({ baseURL });
    expect(error.code).toBe('ENDPOINT_REFUSED');
    expect(error.message).toBe(
      `Nothing answers at ${baseURL} (ECONNREFUSED): is the server running, and the base URL right?`,
    );
  });

  test('when the endpoint hangs up', async () => {
    endpoint.answer((response) => response.destroy());
    expect((await refused()).message).toMatch(/^Nothing answers at .* \(UND_ERR_SOCKET\)/);
  });

  test('when the endpoint says nothing within the start limit', async () => {
    endpoint.answer(() => undefined);
    // The request must have come by then.
    const error = await refused({ startTimeoutMs: 2000 });
    expect(error.code).toBe('SETUP_TIMEOUT');
    expect(error.message).toBe('"openai:m" was not ready within its start limit of 2000 ms.');
    await endpoint.requests[0]!.closed;
  });

  test.each(['localhost:8000/v1', 'ftp://host/v1', 'http://', ''])(
    'when the base URL is "%s"',
    async (baseURL) => {
      const error = await refused({ baseURL });
      expect(error.code).toBe('CONFIG_INVALID');
      expect(error.message).toBe(
        `baseURL is "${baseURL}"; it must be a URL such as http://127.0.0.1:8000/v1.`,
      );
    },
  );

  test.each([
    'http://me:secret-word@host/v1',
    'http://host/v1?key=secret-word',
    'http://host/v1#secret-word',
  ])('and not what the base URL hides: %s', async (baseURL) => {
    const error = await refused({ baseURL });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('The baseURL at host holds a user, a query or a fragment');
    expect(error.message).not.toContain('secret-word');
  });

  test('when OpenAI itself is asked without a key', async () => {
    delete process.env[variable];
    const error = await refused({ baseURL: 'https://api.openai.com/v1' });
    expect(error.code).toBe('ENDPOINT_REFUSED');
    expect(error.message).toBe(
      "No key for https://api.openai.com/v1: set the environment variable JMP_TEST_KEY, or give another baseURL. It is read in Jest's main process, which reads no .env file by itself: call process.loadEnvFile() in jest.config.js.",
    );
  });

  test.each(['two words', 'line\nbreak', 'schlüssel'])('when the key cannot be sent: %j', async (bad) => {
    process.env[variable] = bad;
    const error = await refused();
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(
      'The key in JMP_TEST_KEY holds a space, a line break or a letter beyond ASCII',
    );
    expect(error.message).not.toContain(bad);
    expect(endpoint.requests).toEqual([]);
  });
});

describe('a rate limit', () => {
  test('is waited for as long as Retry-After says', async () => {
    endpoint.answer(refusal(429, 'slow down', { 'retry-after': '1' }), json(200, completion('Hi')));
    const begin = Date.now();
    expect((await (await open()).setup('m')).isActive).toBe(true);
    expect(endpoint.requests).toHaveLength(2);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
  });

  test('may come with success, and need not say for how long', async () => {
    endpoint.answer(json(200, { error: { message: 'slow down', code: 429 } }), json(200, completion('Hi')));
    expect((await (await open()).setup('m')).isActive).toBe(true);
  });

  test('is an error where the wait would be longer than the start may be', async () => {
    endpoint.answer(refusal(429, 'you exceeded your quota', { 'retry-after': '61' }));
    const error = await refused();
    expect(endpoint.requests).toHaveLength(1);
    expect(error.code).toBe('ENDPOINT_REFUSED');
    expect(error.message).toBe(
      `${endpoint.baseURL} limits the rate or the quota of this key (429): you exceeded your quota.`,
    );
  });

  test('is not waited for once nobody waits for the setup', async () => {
    endpoint.answer(refusal(429, 'slow down', { 'retry-after': '50' }));
    const provider = await open();
    const abort = new AbortController();
    const setup = caught(provider.setup('m', undefined, { signal: abort.signal }));
    while (endpoint.requests.length === 0) await new Promise(setImmediate);
    abort.abort();
    expect((await setup).code).toBe('SETUP_ABORTED');
    await session.close();
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('the environment', () => {
  test('gives the base URL and the key when the options do not', async () => {
    const before = { url: process.env['OPENAI_BASE_URL'], key: process.env['OPENAI_API_KEY'] };
    process.env['OPENAI_BASE_URL'] = endpoint.baseURL;
    process.env['OPENAI_API_KEY'] = key;
    try {
      endpoint.answer(json(200, completion('Hi')));
      const provider = new OpenAICompatibleProvider();
      await openPrivateSession({ openai: provider });
      await provider.setup('m');
      expect(endpoint.requests[0]!.headers.authorization).toBe(`Bearer ${key}`);
    } finally {
      restore('OPENAI_BASE_URL', before.url);
      restore('OPENAI_API_KEY', before.key);
    }
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
