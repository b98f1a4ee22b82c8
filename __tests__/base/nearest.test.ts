import { nearest } from '../../src/base/nearest';

const known = ['embedded', 'llama', 'openai'];

test.each([
  ['lama', 'llama'],
  ['LLAMA', 'llama'],
  ['OpenAI', 'openai'],
  ['embeded', 'embedded'],
  ['embbeded', 'embedded'],
  ['openia', 'openai'],
])('%s most likely meant %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test.each(['postgres', 'vllm-server', 'zzz', ''])('%j resembles none', (word) => {
  expect(nearest(word, known)).toBeUndefined();
});

test('of two candidates the nearer one is meant, wherever it stands', () => {
  expect(nearest('llamo', ['llano2', 'llama'])).toBe('llama');
  expect(nearest('llamo', ['llama', 'llano2'])).toBe('llama');
});

test('nothing is near where there are no candidates', () => {
  expect(nearest('llama', [])).toBeUndefined();
});
