import { endsWithParent } from '../../src/run/ends-with-parent';

test.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['1', true],
])('EVALS_END_WITH_PARENT %p means %p', (value, wanted) => {
  expect(endsWithParent({ EVALS_END_WITH_PARENT: value })).toBe(wanted);
});

test('any other value is refused, naming variable, value and fix', () => {
  expect(() => endsWithParent({ EVALS_END_WITH_PARENT: 'yes' })).toThrow(
    'EVALS_END_WITH_PARENT is "yes"; it must be 1, or 0 or nothing.',
  );
});
