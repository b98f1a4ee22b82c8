import { ModelProviderError } from '../../src/base/errors';

test('what Jest prints of an error begins with its code, so that it can be looked up', () => {
  const error = new ModelProviderError('DEADLOCK', 'First line.\nSecond line.');
  expect(error.stack).toMatch(/^ModelProviderError \[DEADLOCK\]: First line\.\nSecond line\.\n {4}at /);
  expect(error.name).toBe('ModelProviderError');
  expect(Object.keys(error)).toEqual(['code', 'details']);
});
