import { choice } from '../../../../src/evals/scorers/choice';
import { exactMatch } from '../../../../src/evals/scorers/exact-match';
import type { IgnoredDifference } from '../../../../src/evals/scorers/texts/expected-text';
import { includes } from '../../../../src/evals/scorers/includes';
import { judge } from '../../../../src/evals/scorers/judge';
import { levenshtein } from '../../../../src/evals/scorers/levenshtein';
import { matches } from '../../../../src/evals/scorers/matches';
import { numeric } from '../../../../src/evals/scorers/numeric';
import { validJson } from '../../../../src/evals/scorers/valid-json';

describe('ignoring', () => {
  test.each<[IgnoredDifference[], string, string, boolean]>([
    [[], 'paris', 'Paris', false],
    [['case'], 'PARIS', 'Paris', true],
    [['case'], 'STRASSE', 'Straße', true],
    [['form'], 'Ｐａｒｉｓ', 'Paris', true],
    [['form'], 'Cafe\u0301', 'Caf\u00e9', true],
    [['form'], 'ﬁve', 'five', true],
    [['punctuation'], '“Paris”!', 'Paris', true],
    [['punctuation'], '$4', '4', false],
    [['punctuation'], '-5', '5', false],
    [['punctuation'], '–5', '5', false],
    [['punctuation'], '(-5)', '-5', true],
    [['punctuation'], '3.5', '35', false],
    [['punctuation'], '.5', '5', false],
    [['punctuation'], '5.', '5', true],
    [['punctuation'], '1,000', '1000', true],
    [['punctuation'], '1,000.5', '1000.5', true],
    [['punctuation'], '1,5', '15', false],
    [['punctuation'], '10:30', '1030', false],
    [['punctuation'], '#5', '5', true],
    [['punctuation'], 'GPT-4', 'GPT4', true],
    [['punctuation'], '7 - 3', '7  3', true],
    [['whitespace'], 'New\u00a0 York\n City', 'New York City', true],
    [['whitespace'], 'NewYork', 'New York', false],
    [['form', 'punctuation'], 'Paris．', 'Paris', true],
    [['case', 'form', 'punctuation', 'whitespace'], ' “ＮＥＷ  york.” ', 'New York', true],
  ])('%j makes %j equal to %j: %s', (ignoring, answer, text, value) => {
    expect(exactMatch(answer, { text, ignoring }).value).toBe(value);
    expect(levenshtein(answer, { text, ignoring }).value === 1).toBe(value);
    if (value) expect(includes(`x ${answer} x`, { text, ignoring }).value).toBe(true);
  });

  test('names what is missing as it was expected', () => {
    expect(includes('paris', { text: ['PARIS', 'ROME'], ignoring: ['case'] }).metadata).toEqual({
      missing: ['ROME'],
    });
  });

  test.each([
    ['', /: expected is empty; there is nothing to compare an answer with\.$/],
    [' \n', /: expected is empty/],
    [{ text: '!', ignoring: ['punctuation'] }, /: expected is empty/],
    [
      { text: 'a', ignoring: ['accents'] },
      /: ignoring has "accents"; there are form, case, punctuation, whitespace\.$/,
    ],
    [{ text: 'a', ignoring: 'case' }, /: ignoring is a string; it must be a list\.$/],
    [{ text: 'a', ignore: ['case'] }, /: there is no option ignore; there are text, ignoring, reasoning\.$/],
    [{ text: 7 }, /: expected is a number; it must be a text\.$/],
    [{ text: 'a', reasoning: true }, /: reasoning is true; it must be 'keep', or left out\.$/],
  ])('%j is refused by every scorer that compares texts', (expected, message) => {
    for (const scorer of [exactMatch, includes, levenshtein])
      expect(() => scorer('a', expected as string)).toThrow(message);
  });
});

describe('texts that look equal and are not', () => {
  test.each([
    ['New\u00a0York', 'New York', 'New\\u00a0York'],
    ['4\u200b', '4', '4\\u200b'],
    ['\u202b4', '4', '\\u202b4'],
    ['４', '4', '\\uff14'],
    ['Cafe\u0301', 'Caf\u00e9', 'Cafe\\u0301'],
  ])('%j for %j is wrong, and shown with escapes', (answer, expected, shown) => {
    const { value, metadata } = exactMatch(answer, expected);
    expect(value).toBe(false);
    expect(metadata).toEqual({
      looksEqual: { answer: shown, expected: expected.replace('\u00e9', '\\u00e9') },
    });
    expect(levenshtein(answer, expected).metadata).toMatchObject({ looksEqual: { answer: shown } });
  });

  test('have nothing to show if they look different', () => {
    expect(exactMatch('5', '4')).toEqual({ name: 'exactMatch', value: false });
  });
});

describe('reasoning before an answer', () => {
  const thought = '<think>The answer is A? No. 4 {"a": 1}</think>\n';

  test.each([
    [
      'exactMatch',
      exactMatch(`${thought}B`, 'B'),
      exactMatch(`${thought}B`, { text: 'B', reasoning: 'keep' }),
    ],
    ['includes', includes(`${thought}B`, { text: 'A', reasoning: 'keep' }), includes(`${thought}B`, 'A')],
    [
      'levenshtein',
      levenshtein(`${thought}B`, 'B'),
      levenshtein(`${thought}B`, { text: 'B', reasoning: 'keep' }),
    ],
    [
      'choice',
      choice(`${thought}B`, 'B'),
      choice(`${thought}B`, { answer: 'A', choices: ['x', 'y'], reasoning: 'keep' }),
    ],
    ['numeric', numeric(`${thought}5 apples`, 5), numeric(`${thought}none`, 4)],
    [
      'validJson',
      validJson(`${thought}{}`, {}),
      validJson(`${thought}{}`, { schema: {}, reasoning: 'keep' }),
    ],
  ])('is not judged by %s, unless it is told to keep it', (_name, right, wrong) => {
    expect(right.value === true || right.value === 1).toBe(true);
    expect(wrong.value === true || wrong.value === 1).toBe(wrong.name === 'choice');
  });

  test('is what `matches` may look at', () => {
    expect(matches(`${thought}B`, /A\?/).value).toBe(true);
  });

  test('is not shown to a judge, and a judge that is cut off in its own gives no verdict', async () => {
    const asked: string[] = [];
    let reply = '<think>Is it? no</think>\nyes';
    const client = {
      generate: (prompt: string) => {
        asked.push(prompt);
        return Promise.resolve({ text: reply });
      },
    };
    const correct = judge({ client, rubric: 'It is right.' });
    expect((await correct(`${thought}B`, 'B')).value).toBe(true);
    expect(asked[0]).toContain('<answer>\nB\n</answer>');
    reply = '<think>It is right, so yes';
    await expect(correct('B', 'B')).rejects.toThrow('which ends with none of no, yes');
  });
});

describe('validJson with { schema, fences: true }', () => {
  const fenced = 'Here it is:\n```json\n{"a": 1}\n```\nDone.';

  test.each([
    [fenced, true],
    ['{"a": 1}', true],
    ['```\n{"a": 1}\n```', true],
    [`${fenced}\n${fenced}`, false],
    ['```json\n{"a": 1', false],
  ])('%j is %s', (answer, value) => {
    expect(validJson(answer, { schema: { type: 'object' }, fences: true }).value).toBe(value);
  });

  test('is strict without', () => {
    expect(validJson(fenced, { type: 'object' }).value).toBe(false);
    expect(validJson(fenced, { schema: { type: 'object' } }).value).toBe(false);
  });

  test('refuses other options', () => {
    expect(() => validJson('{}', { schema: {}, fence: true } as never)).toThrow(
      'there is no option fence; did you mean fences',
    );
    expect(() => validJson('{}', { schema: {}, fences: 'yes' } as never)).toThrow(
      'fences is a string; it must be true or false',
    );
  });
});
