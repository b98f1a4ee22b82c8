import type { Json } from '../../src/base/json';
import { applicationEnv } from '../../src/tap/application-env';

const database = (url: string): { connection: Json; isModel: boolean } => ({
  connection: { url, statementTimeoutMs: 0 },
  isModel: false,
});

const model = { baseURL: 'http://127.0.0.1:1/s/token/v1', apiKey: 'token', model: 'm' };

test('the variables of a model are those of both SDKs; Anthropic’s appends /v1 itself', () => {
  expect(applicationEnv([{ connection: model, isModel: true }], {})).toEqual({
    OPENAI_BASE_URL: model.baseURL,
    OPENAI_API_BASE: model.baseURL,
    OPENAI_API_KEY: 'token',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/s/token',
    ANTHROPIC_API_KEY: 'token',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
});

test.each([
  [
    'postgresql://me:p%40ss@127.0.0.1:5433/shop?sslmode=require',
    {
      PGHOST: '127.0.0.1',
      PGPORT: '5433',
      PGUSER: 'me',
      PGPASSWORD: 'p@ss',
      PGDATABASE: 'shop',
      PGSSLMODE: 'require',
    },
  ],
  [
    'postgresql://me@localhost/shop%201?host=%2Ftmp%2Fsockets&port=5433',
    { PGHOST: '/tmp/sockets', PGPORT: '5433', PGUSER: 'me', PGDATABASE: 'shop 1' },
  ],
])('the variables of a database are those of libpq: %s', (url, variables) => {
  expect(applicationEnv([database(url)], {})).toEqual({
    DATABASE_URL: url,
    ...variables,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
});

test('the first model and the first database count, and what is neither has none', () => {
  const env = applicationEnv(
    [
      { connection: { greeting: 'Hi' }, isModel: true },
      // Such as a search that works with the model.
      { connection: { ...model, apiKey: 'search' }, isModel: false },
      { connection: model, isModel: true },
      { connection: { ...model, apiKey: 'other' }, isModel: true },
      database('postgres://a@h/one'),
      database('postgres://a@h/two'),
    ],
    {},
  );
  expect(env).toMatchObject({ OPENAI_API_KEY: 'token', PGDATABASE: 'one' });
  expect(applicationEnv([database('https://example.com')], {})).toEqual({
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
});

test.each([
  [{ NO_PROXY: 'a.example' }, 'a.example,127.0.0.1'],
  [{ no_proxy: 'b.example', NO_PROXY: 'a.example' }, 'b.example,127.0.0.1'],
  [{ no_proxy: '' }, '127.0.0.1'],
])('what a proxy is not asked for stays: %j', (variables, hosts) => {
  expect(applicationEnv([], variables)).toEqual({ NO_PROXY: hosts, no_proxy: hosts });
});
