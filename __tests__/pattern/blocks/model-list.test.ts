import { parseModels } from '../../../src/pattern/blocks/model-list';
import { thrown } from '../../support/thrown';

const known = ['embedded', 'llama'];

test('a list gives its requests in its order', () => {
  const models = ['llama:b', { spec: 'embedded:a', label: 'small' }, 'llama:a'];
  expect(parseModels(models, known).map(({ label }) => label)).toEqual(['llama:b', 'small', 'llama:a']);
});

test.each([
  ['a text', 'embedded:expert', 'string'],
  ['nothing', undefined, 'undefined'],
  ['a request', { spec: 'embedded:expert' }, 'object'],
  ['a set', new Set(['embedded:expert']), 'object'],
])('%s instead of a list is refused with an example', (_what, models: unknown, type) => {
  expect(thrown(() => parseModels(models, known))).toMatchObject({
    code: 'MODELS_INVALID',
    message: `withClient() takes a list of models, for example ["embedded:expert"], not ${type}.`,
  });
});

test('an empty list is refused, since it would test nothing', () => {
  const error = thrown(() => parseModels([], known));
  expect(error.code).toBe('MODELS_INVALID');
  expect(error.message).toMatch('empty list of models, so it would test nothing');
});

test.each([
  ['twice the same spec', ['llama:a', 'embedded:a', 'llama:a'], 'llama:a'],
  [
    'twice the same label',
    [
      { spec: 'llama:a', label: 'x' },
      { spec: 'llama:b', label: 'x' },
    ],
    'x',
  ],
  ["a label that is another entry's spec", ['llama:a', { spec: 'llama:b', label: 'llama:a' }], 'llama:a'],
])('%s is refused by name', (_what, models: unknown[], label) => {
  expect(thrown(() => parseModels(models, known))).toMatchObject({
    code: 'MODELS_INVALID',
    message: `withClient() got "${label}" twice: remove one, or give the entries different labels, { spec, config, label }.`,
    details: { label },
  });
});

test('one model with two configs is fine where the labels differ', () => {
  const models = [
    { spec: 'llama:a', config: { temperature: 0 }, label: 'cold' },
    { spec: 'llama:a', config: { temperature: 1 }, label: 'warm' },
  ];
  expect(parseModels(models, known).map(({ config }) => config)).toEqual([
    { temperature: 0 },
    { temperature: 1 },
  ]);
});

test('an entry that is no spec or of no known provider is refused as it is elsewhere', () => {
  expect(thrown(() => parseModels(['embedded:a', 7], known)).code).toBe('SPEC_INVALID');
  expect(thrown(() => parseModels(['embedded:a', 'lama:b'], known)).code).toBe('PROVIDER_UNKNOWN');
});
