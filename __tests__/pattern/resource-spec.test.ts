import fc from 'fast-check';
import type { Json } from '../../src/base/json';
import { parseRequest, resourceKey } from '../../src/pattern/resource-spec';
import { thrown } from '../support/thrown';

const known = ['embedded', 'llama', 'openai'];

test.each([
  'Qwen/Qwen3-0.6B',
  './path/to/model.gguf',
  '/absolute/model.gguf',
  '100% sure',
  '%s %p $name $1 $&',
  `"double" 'single' \`back\``,
  ' spaces at both ends ',
  'größe-模型-🦙',
  '^(a|b)*[c]{2}.+?\\d$',
  'two\nlines\r\nand more',
  'tag:latest',
  ':colon first',
  '\u0000',
])('the name %j is taken as it is written', (name) => {
  const spec = `llama:${name}`;
  expect(parseRequest(spec, known)).toEqual({
    spec,
    provider: 'llama',
    name,
    config: undefined,
    label: spec,
  });
});

test('any text that is not empty can be a name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
      expect(parseRequest(`llama:${name}`, known)).toMatchObject({ provider: 'llama', name });
    }),
  );
});

test('a request keeps its config and shows its label instead of the spec', () => {
  const config = { temperature: 0, stop: ['\n'] };
  expect(parseRequest({ spec: 'llama:a', config, label: 'cold' }, known)).toEqual({
    spec: 'llama:a',
    provider: 'llama',
    name: 'a',
    config,
    label: 'cold',
  });
});

test.each([
  ['expert', 'embedded:expert'],
  ['expert:', 'embedded:expert'],
  [':expert', 'embedded:expert'],
  ['', 'embedded:expert'],
  [':', 'embedded:expert'],
  ['./model.gguf', 'embedded:./model.gguf'],
])('the spec %j is refused with an example that works, %j', (spec, example) => {
  const error = thrown(() => parseRequest(spec, known));
  expect(error).toMatchObject({
    code: 'SPEC_INVALID',
    message: `Resource spec "${spec}" must be "provider:name", for example "${example}". Known providers: embedded, llama, openai.`,
    details: { spec },
  });
  expect(parseRequest(example, known).spec).toBe(example);
});

test.each(['1st:model', '-a:model', 'a b:model', 'a/b:model', 'größe:model', '\nllama:model'])(
  'the prefix of %j is refused',
  (spec) => {
    expect(thrown(() => parseRequest(spec, known)).code).toBe('SPEC_INVALID');
  },
);

const loop: Record<string, unknown> = {};
loop['self'] = loop;

test.each([
  ['undefined', undefined, 'not undefined.'],
  ['null', null, 'not null.'],
  ['a number', 7, 'not 7.'],
  ['a list', ['embedded:expert'], 'not ["embedded:expert"].'],
  ['an object without a spec', { model: 'embedded:expert' }, 'not {"model":"embedded:expert"}.'],
  ['an object within itself', loop, 'not '],
  ['a symbol', Symbol('expert'), 'not Symbol(expert).'],
])('%s instead of a spec is refused, and shown', (_what, input: unknown, shown) => {
  const error = thrown(() => parseRequest(input, known));
  expect(error.code).toBe('SPEC_INVALID');
  expect(error.message).toMatch(
    'A resource spec must be a string such as "embedded:expert" or { spec, config, label }, ',
  );
  expect(error.message).toMatch(shown);
});

test.each(['', '  ', 7, null])('the label %p is refused', (label) => {
  const error = thrown(() => parseRequest({ spec: 'llama:a', label }, known));
  expect(error).toMatchObject({
    code: 'SPEC_INVALID',
    message: 'The label of "llama:a" must be a text that is not empty.',
  });
});

test.each([
  ['a function inside', { server: { onReady: () => undefined } }, 'config.server.onReady is not'],
  ['a list with a date', { dates: ['today', new Date(0)] }, 'config.dates[1] is not'],
  ['nothing but a function', () => undefined, 'config is not'],
  ['not-a-number', NaN, 'config is not'],
])('a config with %s is refused by its path, with where to put it', (_what, config: unknown, where) => {
  const error = thrown(() => parseRequest({ spec: 'llama:a', config }, known));
  expect(error.code).toBe('SPEC_INVALID');
  expect(error.message).toMatch(
    `The config of "llama:a" must be JSON, since it is sent to the session; ${where}. `,
  );
  expect(error.message).toMatch("Put functions and objects into the provider's constructor.");
});

test('an unknown provider is refused with the known ones and the nearest of them', () => {
  expect(thrown(() => parseRequest('lama:a', known))).toMatchObject({
    code: 'PROVIDER_UNKNOWN',
    message:
      'Unknown provider "lama" in "lama:a". Did you mean "llama"? Known providers: embedded, llama, openai. Register your own with defineProviders() in the module that testEnvironmentOptions.modelProviders names.',
    details: { provider: 'lama', known },
  });
});

test('an unknown provider that resembles none gets no suggestion', () => {
  const { message } = thrown(() => parseRequest('postgres:shop', known));
  expect(message).toMatch('Unknown provider "postgres" in "postgres:shop". Known providers: embedded');
  expect(message).not.toMatch('Did you mean');
});

test('requests that differ in key order alone have the same key', () => {
  expect(resourceKey('llama', 'a', { x: 1, y: { b: [1], a: 2 } })).toBe(
    resourceKey('llama', 'a', { y: { a: 2, b: [1] }, x: 1 }),
  );
  expect(resourceKey('llama', 'a', undefined)).toBe(resourceKey('llama', 'a', undefined));
});

test('requests that differ in provider, name or config have different keys, wherever the colon stands', () => {
  const requests: [string, string, Json | undefined][] = [
    ['llama', 'a', undefined],
    ['llama', 'b', undefined],
    ['openai', 'a', undefined],
    ['llama', 'a', {}],
    ['llama', 'a', { x: 1 }],
    ['llama', 'a', { x: '1' }],
    ['llama', 'a', { x: [1, 2] }],
    ['llama', 'a', { x: [2, 1] }],
    ['llama', 'a:b', undefined],
    ['llama:a', 'b', undefined],
    ['llama', 'a","b', undefined],
  ];
  expect(new Set(requests.map((request) => resourceKey(...request))).size).toBe(requests.length);
});
