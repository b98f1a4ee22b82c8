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
  ["The answer is 'B'.", 'B'],
  ['<answer>\nB\n</answer>', 'B'],
  ['B\n\nBecause A is wrong.', 'B'],
  ['It must be (B).', 'B'],
  ['I choose B', 'B'],
  ['A) no\nB) yes\nC) no\n\nSo B.', 'B'],
  ['A) no\nB) yes\n\nTherefore, it is **B**', 'B'],
  ['A) no\nB) yes\nSo B is it', null],
  ['A dog has four legs, and I know it', null],
  ['The answer is a dog', null],
  ['(A) or (B)', null],
  ['A\nB', null],
  ["Plan B's fine", null],
  ['Plan B’s fine', null],
  ['', null],
  // Several are none.
  ['ANSWER: A and B', null],
  ['Answer: A, C', null],
  ['Answer: **A** and **B**', null],
  ['The answer is (A) or (B).', null],
  ['The answers are unclear. Answer: a or b.', null],
  ['A, B', null],
  ['A and C', null],
  ['I take A and B', null],
  ['A/B', null],
  ['Answer: B, A and D', null],
  ['The answer is B, and A is wrong.', 'B'],
  ['Answer: B, since A has no wings', 'B'],
  ['The answer is C; A and B are wrong.', 'C'],
  ['The answer is C, A and B are not.', 'C'],
  ['A and B are both right', null],
  // One that is left out.
  ['It is not B.', null],
  ['It cannot be B, so it must be (C).', 'C'],
  ["The answer isn't (B)", null],
  ['C rather than D', 'C'],
  // Small letters.
  ['The answer is b.', 'B'],
  ['answer: c', 'C'],
  ['answer b', 'B'],
  ['My answer B.', 'B'],
  ['I can answer a question: C', 'C'],
  ['The final answer is: (d)', 'D'],
  ['The answer is a.', 'A'],
  ['The answer is a bit unclear', null],
  ['the answer is option b', 'B'],
  // Words of one letter.
  ['The answer is I think B', 'B'],
  ['Answer: I', 'I'],
  ['The answer is A because it flies', 'A'],
  ['I, for one, cannot say', null],
  // Other letters and punctuation.
  ['Ｂ', 'B'],
  ['Ⓑ', 'B'],
  ['答案：Ｂ。', 'B'],
  ['答案是B。', 'B'],
  ['【B】', 'B'],
  ['「C」', 'C'],
  ['الجواب: B؟', 'B'],
  ['Ответ: «B».', 'B'],
  ['ANSWER： B', 'B'],
  // The last line that announces it.
  ['Answer: A\nBut no.\nFinal: B', 'B'],
  ['Final answer: C', 'C'],
  ['FINAL ANSWER: **D**', 'D'],
  ['The final answer is B\n\nFinal: (C)', 'C'],
])('%j takes %j', (answer, taken) => {
  expect(letter(answer)).toBe(taken);
});

test.each([
  ['Rome', 'B'],
  ['**rome.**', 'B'],
  ['It must be Rome!', 'B'],
  ['It is New York', 'C'],
  ['It is York', 'D'],
  ['York, not New York', 'D'],
  ['It is not Rome', null],
  ["It isn't Paris, it is Rome", 'B'],
  ['Rome rather than Paris', 'B'],
  ['Paris or Rome', null],
  ['Romeo', null],
  ['E', null],
  ['B) Rome, not Paris', 'B'],
])('with the choices, %j takes %j', (answer, taken) => {
  expect(ofFour(answer)).toBe(taken);
});

test.each<[string, string[], string | null]>([
  ['Yes. There is no doubt.', ['Yes', 'No'], 'A'],
  ['No, since yes would mean more', ['Yes', 'No'], 'B'],
  ['No - not at all, yes?', ['Yes', 'No'], 'B'],
  ['Paris, Rome and Oslo are large', ['Paris', 'Rome'], null],
  ['The answer is False. It is not true that it flies.', ['True', 'False'], 'B'],
  ['Answer: negative, since positive words are rare', ['positive', 'negative'], 'B'],
  ['The answer is the negative one, not positive', ['positive', 'negative'], 'B'],
  ['The sentiment is not positive.', ['positive', 'negative'], null],
  // What tells them apart may be a sign.
  ['-1', ['1', '-1'], 'B'],
  ['−1', ['1', '-1'], 'B'],
  ['The answer is 1.', ['1', '-1'], 'A'],
  ['x=-1', ['1', '-1'], 'B'],
  ['It is -5', ['5', '10'], null],
  ['$x = -1$', ['x = 1', 'x = -1'], 'B'],
  ['The answer is x < 2', ['x > 2', 'x < 2'], 'B'],
  ['C++', ['C', 'C++', 'C#'], 'B'],
  ['The language is C#.', ['C', 'C++', 'C#'], 'C'],
  ['<', ['<', '>'], 'A'],
  ['The result is 3.12', ['12', '5'], null],
  ['It is 1.2 km', ['1.2 km', '12 km'], 'A'],
  ['50 %', ['5 %', '50 %'], 'B'],
  // A text may be the letter of another: that is two.
  ['B', ['B', 'A'], null],
  ['World War II (1939)', ['World War I, 1914', 'World War II, 1939'], 'B'],
])('%j of %j takes %j', (answer, of, taken) => {
  expect(choice(answer, { answer: of[0] as string, choices: of }).metadata?.['taken']).toBe(taken);
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
  [
    { answer: 'A', choices: ['CO', 'NO', 'Co '] },
    'choices has "CO" and "Co ", which no answer can tell apart; give each choice a text of its own, or',
  ],
  [undefined, 'expected is undefined; it must be a letter, or'],
])('%j is refused as an expectation', (expected, message) => {
  expect(() => choice('A', expected as string)).toThrow(message);
});
