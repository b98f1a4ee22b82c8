import { choice } from '../../../src/evals/scorers/choice';

const choices = ['Paris', 'Rome', 'New York', 'York'];
const letter = (answer: string): unknown => choice(answer, 'B').metadata?.['taken'];
const ofFour = (answer: string): unknown => choice(answer, { answer: 'Rome', choices }).metadata?.['taken'];

test.each([
  ['B', 'B'],
  ['b', 'B'],
  [' (B) ', 'B'],
  ['**B.**', 'B'],
  ['$\\boxed{B}$', 'B'],
  ['\\boxed{\\text{B}}', 'B'],
  ['B) Rome', 'B'],
  ['(c) Rome', 'C'],
  ['B. Rome, since A) is wrong', 'B'],
  ['The answer is B.', 'B'],
  ['The answer is **(B)**, not A.', 'B'],
  ['Answer: C', 'C'],
  ['**Answer:** C', 'C'],
  ['I first thought the answer is A. The final answer is: D', 'D'],
  ['The correct option is A', 'A'],
  ['Because of this,\n\nB', 'B'],
  ['B\n\nBecause A is wrong.', 'B'],
  ['It must be (B).', 'B'],
  ['I choose B', 'B'],
  ['A dog has four legs, and I know it', null],
  ['The answer is a dog', null],
  ['(A) or (B)', null],
  ['A\nB', null],
  ["Plan B's fine", null],
  ['', null],
])('%j takes %j', (answer, taken) => {
  expect(letter(answer)).toBe(taken);
});

test.each([
  ['Rome', 'B'],
  ['**rome.**', 'B'],
  ['It must be Rome!', 'B'],
  ['It is New York', 'C'],
  ['It is York', 'D'],
  ['York, not New York', null],
  ['Paris or Rome', null],
  ['Romeo', null],
  ['E', null],
  ['B) Rome, not Paris', 'B'],
])('with the choices, %j takes %j', (answer, taken) => {
  expect(ofFour(answer)).toBe(taken);
});

test('the right one is expected by its letter, in either case, or by its text', () => {
  for (const answer of ['B', 'b', 'Rome']) expect(choice('Rome', { answer, choices }).value).toBe(true);
  expect(choice('(B)', 'b')).toEqual({ name: 'choice', value: true, metadata: { taken: 'B' } });
});

test('an answer that takes none is wrong', () => {
  expect(choice('I cannot say', 'B')).toEqual({ name: 'choice', value: false, metadata: { taken: null } });
});

test.each<[unknown, string]>([
  ['Rome', 'expected is "Rome"; it must be a letter from A to Z.'],
  [{ answer: 'E', choices }, 'expected is "E"; it must be a letter from A to D or one of the choices.'],
  [{ answer: 'A', choices: ['Paris'] }, 'it must be a letter, or { answer, choices } with 2 to 26 choices.'],
  [{ answer: 'A', choices: ['Paris', 2] }, 'a choice is a number; it must be a text.'],
  [{ answer: 'A', choices, choice: 1 }, 'there is no option choice; did you mean choices.'],
  [undefined, 'expected is undefined; it must be a letter, or'],
])('%j is refused as an expectation', (expected, message) => {
  expect(() => choice('A', expected as string)).toThrow(message);
});
