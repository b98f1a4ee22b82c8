import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionMarks, runOptions, type RunOptions } from '../../src/run/run-options';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
const project = (evals: unknown): Parameters<typeof runOptions>[0] => ({
  rootDir: places.directory,
  testEnvironmentOptions: { evals },
});
const read = (evals: unknown, env: Record<string, string> = {}): RunOptions =>
  runOptions(project(evals), env);
const file = (name: string, prices: unknown): string => {
  const path = join(places.directory, name);
  writeFileSync(path, typeof prices === 'string' ? prices : JSON.stringify(prices));
  return path;
};
const refused = (message: string): Error =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(message) as string,
  }) as Error;

const own = { 'openai:m': { input: 1, output: 2 }, gpu: { pricePerHour: 3 } };
const litellm = {
  m: {
    litellm_provider: 'openai',
    input_cost_per_token: 1.5e-7,
    output_cost_per_token: 6e-7,
    cache_read_input_token_cost: 7.5e-8,
  },
  long: {
    litellm_provider: 'gemini',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-5,
    input_cost_per_token_above_200k_tokens: 2e-6,
    output_cost_per_token_above_128k_tokens: 2e-5,
  },
  image: { litellm_provider: 'openai', mode: 'image_generation', input_cost_per_pixel: 1 },
};
const ofLitellm = {
  m: { input: 0.15, output: 0.6, cachedInput: 0.075 },
  long: { input: 1, output: 10, mostInputTokens: 128_000 },
};

const unasked = { recordings: { mode: 'off', ignore: [] }, report: true, tables: true };

test('without options there are neither prices nor a limit', () => {
  const usual = { prices: {}, maxCost: null, transcripts: null, ...unasked };
  expect(read(undefined)).toEqual(usual);
  expect(read({})).toEqual(usual);
});

test('prices are those of the configuration, or of a file, also as LiteLLM writes them', () => {
  expect(read({ prices: own }).prices).toEqual(own);
  file('own.json', own);
  expect(read({ prices: './own.json' }).prices).toEqual(own);
  expect(read({ prices: '<rootDir>/own.json' }).prices).toEqual(own);
  expect(read({ prices: file('litellm.json', litellm) }).prices).toEqual(ofLitellm);
  expect(read({ prices: { ...litellm, ...own } }).prices).toEqual({ ...ofLitellm, ...own });
});

test('which transcripts are kept is said by the configuration, and by a variable that wins over evaluations too', () => {
  expect(read({ transcripts: 'failed' }).transcripts).toEqual({ mode: 'failed', isOnly: false });
  expect(read({ transcripts: 'failed' }, { EVALS_TRANSCRIPTS: 'none' }).transcripts).toEqual({
    mode: 'none',
    isOnly: true,
  });
  expect(() => read({ transcripts: true })).toThrow(
    refused('testEnvironmentOptions.evals.transcripts is true; it must be all, failed or none.'),
  );
  expect(() => read({}, { EVALS_TRANSCRIPTS: 'no' })).toThrow(
    refused('EVALS_TRANSCRIPTS is "no"; it must be all, failed or none.'),
  );
});

test.each([
  ['tables', 'EVALS_TABLES'],
  ['report', 'EVALS_REPORT'],
] as const)('%s is switched off by the configuration, and by a variable that wins', (name, variable) => {
  expect([read({ [name]: false }), read({ [name]: true })].map((options) => options[name])).toEqual([
    false,
    true,
  ]);
  expect(read({ [name]: false }, { [variable]: 'true' })[name]).toBe(true);
  expect(read({}, { [variable]: 'false' })[name]).toBe(false);
  expect(() => read({ [name]: 'false' })).toThrow(
    refused(`testEnvironmentOptions.evals.${name} is "false"; it must be true or false.`),
  );
  for (const text of ['0', 'no', 'False'])
    expect(() => read({}, { [variable]: text })).toThrow(
      refused(`${variable} is "${text}"; it must be true or false.`),
    );
});

test('a variable wins over the configuration, and its budget over those of the evaluations', () => {
  const env = { EVALS_PRICES: file('other.json', { m: { input: 5, output: 5 } }), EVALS_MAX_COST: '0.5' };
  expect(read({ prices: own, maxCost: 3 })).toMatchObject({ maxCost: { amount: 3, isOnly: false } });
  expect(read({ prices: own, maxCost: 3 }, env)).toEqual({
    prices: { m: { input: 5, output: 5 } },
    maxCost: { amount: 0.5, isOnly: true },
    transcripts: null,
    ...unasked,
  });
  expect(read({ maxCost: 3 }, { EVALS_MAX_COST: '' }).maxCost).toEqual({ amount: 3, isOnly: false });
});

test.each<[string, unknown, string]>([
  ['evals', 7, 'testEnvironmentOptions.evals is 7; it must be an object of options: prices, maxCost'],
  [
    'an option',
    { maxCosts: 1 },
    'testEnvironmentOptions.evals: there is no option maxCosts; did you mean maxCost',
  ],
  ['maxCost', { maxCost: 0 }, 'testEnvironmentOptions.evals.maxCost is 0; it must be a number above 0'],
  ['maxCost as a text', { maxCost: '5' }, 'maxCost is "5"; it must be a number above 0'],
  ['prices', { prices: 3 }, 'evals.prices is 3; it must be prices by model'],
  ['a file', { prices: './none.json' }, 'none.json, which cannot be read: ENOENT'],
  [
    'a price',
    { prices: { m: 3 } },
    'evals.prices: the price of "m" is 3; write { input, output, cachedInput }',
  ],
  [
    'a missing part',
    { prices: { m: { input: 1 } } },
    'output of "m" is undefined; it must be a number of at least 0',
  ],
  [
    'a negative price',
    { prices: { m: { input: -1, output: 1 } } },
    'input of "m" is -1; it must be a number',
  ],
  [
    'a text',
    { prices: { m: { input: 1, output: 1, cachedInput: '1' } } },
    'cachedInput of "m" is "1"; it must be',
  ],
  [
    'a typo',
    { prices: { m: { inputs: 1, output: 1 } } },
    'in the price of "m" there is no option inputs; did you mean',
  ],
  ['both kinds', { prices: { m: { input: 1, pricePerHour: 1 } } }, 'there is no option input'],
])('%s that is wrong is refused, with the fix', (_, evals, message) => {
  expect(() => read(evals)).toThrow(refused(message));
});

test.each([
  ['EVALS_MAX_COST', 'much', 'EVALS_MAX_COST is "much"; it must be a number above 0'],
  ['EVALS_MAX_COST', '-1', 'EVALS_MAX_COST is "-1"; it must be a number above 0'],
  ['EVALS_PRICES', '/none.json', 'EVALS_PRICES names /none.json, which cannot be read'],
])('%s of %j is refused', (name, value, message) => {
  expect(() => read({}, { [name]: value })).toThrow(refused(message));
});

test('a file that holds no prices is named', () => {
  expect(() => read({ prices: file('list.json', '[1]') })).toThrow(
    refused('list.json, which is no JSON object'),
  );
  expect(() => read({ prices: file('torn.json', '{') })).toThrow(
    refused('torn.json, which is no JSON object'),
  );
  expect(() => read({ prices: file('bad.json', { m: { input: 1 } }) })).toThrow(
    refused('bad.json: output of "m"'),
  );
});

test('a misspelt evals is refused, other options of an environment are not ours', () => {
  const given = { rootDir: '/', testEnvironmentOptions: { eval: { maxCost: 1 } } };
  expect(() => runOptions(given, {})).toThrow(
    refused('testEnvironmentOptions has eval; did you mean evals?'),
  );
  const jsdom = { url: 'http://x', html: '', userAgent: 'x', pretendToBeVisual: true };
  expect(() => runOptions({ rootDir: '/', testEnvironmentOptions: jsdom }, {})).not.toThrow();
});

test('what two projects mean alike has one mark, whatever the order and the path', () => {
  const marks = (evals: unknown, rootDir = '/a'): object =>
    optionMarks({ rootDir, testEnvironmentOptions: { evals } });
  const [x, y] = [
    { input: 1, output: 2 },
    { output: 2, input: 1 },
  ];
  expect(marks({ prices: { x, y } })).toEqual(marks({ prices: { y: x, x: y } }));
  expect(marks({ prices: '../p.json' }, '/a/b')).toEqual(marks({ prices: './p.json' }));
  expect(marks({ prices: './p.json' }, '/b')).not.toEqual(marks({ prices: './p.json' }));
  expect(marks({ maxCost: 1 })).not.toEqual(marks({ maxCost: 2 }));
  expect(marks({ maxCost: undefined })).toEqual({});
});
