import fc from 'fast-check';
import { ReasoningFilter, splitReasoning, withoutReasoning } from '../../src/answers/reasoning';
import { readEvents, readWhole, withDelta, withMessage } from './reading';

const marks = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<seed:think>', '</seed:think>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
];

test.each(marks)('reasoning between %s and %s is taken from the text after it', (begin, end) => {
  expect(splitReasoning(`\n${begin}\n2 and 3\n${end}\n\n5 `)).toEqual({ reasoning: '2 and 3', text: '5 ' });
});

test.each([
  ['', undefined, ''],
  ['5', undefined, '5'],
  [' \n', undefined, ' \n'],
  ['A tag such as <think> begins it.', undefined, 'A tag such as <think> begins it.'],
  ['First: <think>a</think> then b', undefined, 'First: <think>a</think> then b'],
  ['<think>a</think><think>b</think>\n5', 'a\nb', '5'],
  ['<think>\n</think>\n\n5', '', '5'],
  ['2 and 3\n</think>\n5', '2 and 3', '5'],
  ['</think>5', '', '5'],
  ['<think>2 and', '2 and', ''],
  ['<think>', '', ''],
  ['<think>The answer is A? No.</think>\nB', 'The answer is A? No.', 'B'],
  ['<thin', undefined, '<thin'],
])('%j is the reasoning %j and the text %j', (whole, reasoning, text) => {
  expect(splitReasoning(whole)).toEqual({ reasoning, text });
  expect(withoutReasoning(whole)).toBe(text);
});

test('a text that begins inside of a block is reasoning until a mark ends it', () => {
  expect(splitReasoning('2 and 3</think>5', true)).toEqual({ reasoning: '2 and 3', text: '5' });
  expect(splitReasoning('2 and 3', true)).toEqual({ reasoning: '2 and 3', text: '' });
});

test('a filter of pieces yields what the whole text yields, wherever it is cut', () => {
  const word = fc.constantFrom(...marks.flat(), 'a', ' ', '\n', '<', '</th', '[', 'ink>', '5');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.boolean(), (words, isOpened) => {
      const whole = words.join('');
      const yielded = (pieces: readonly string[]): string => {
        const filter = new ReasoningFilter(isOpened);
        return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
      };
      expect(yielded([...whole])).toBe(yielded([whole]));
      expect(yielded(words)).toBe(yielded([whole]));
    }),
  );
});

test('a filter holds back nothing but the beginning of a mark', () => {
  const filter = new ReasoningFilter(false);
  expect(['<', 'b', '>', '<think>'].map((piece) => filter.push(piece))).toEqual(['', '<b', '>', '<think>']);
  const thinking = new ReasoningFilter(false);
  expect(['<think>a</', 'think>', '\n', '5', ' 6'].map((piece) => thinking.push(piece))).toEqual([
    ...['', '', '', '5', ' 6'],
  ]);
});

describe('an answer', () => {
  test.each(['reasoning_content', 'reasoning'])('has the reasoning that comes as %s', (name) => {
    const message = { content: '5', [name]: '2 and 3' };
    expect(readWhole(withMessage(message))).toMatchObject({ text: '5', reasoning: '2 and 3' });
    const pieces = [
      withDelta({ [name]: '2 and' }),
      withDelta({ [name]: ' 3' }),
      withDelta({ content: '5' }, 'stop'),
    ];
    expect(readEvents(pieces)).toMatchObject({ text: '5', reasoning: '2 and 3', pieces: ['5'] });
  });

  test('has the reasoning that comes as parts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: '2 and 3' }] },
      { type: 'text', text: '5' },
    ];
    expect(readWhole(withMessage({ content }))).toMatchObject({ text: '5', reasoning: '2 and 3' });
  });

  test('that was cut in its thoughts has no text', () => {
    expect(readWhole(withMessage({ content: '<think>2 and' }, 'length'))).toMatchObject({
      text: '',
      reasoning: '2 and',
      finishReason: 'length',
    });
  });

  test("keeps the text as it came with 'keep'", () => {
    const content = '<think>2 and 3</think>5';
    const reasoning = 'keep';
    expect(readWhole(withMessage({ content }), { reasoning })).toMatchObject({
      text: content,
      reasoning: undefined,
    });
    expect(readEvents([withDelta({ content }, 'stop')], { reasoning }).pieces).toEqual([content]);
  });

  test('may begin inside of the block', () => {
    const reasoning = { opened: true } as const;
    const events = [withDelta({ content: '2 and 3' }), withDelta({ content: '</think>\n5' }, 'stop')];
    expect(readEvents(events, { reasoning })).toMatchObject({
      text: '5',
      reasoning: '2 and 3',
      pieces: ['5'],
    });
    expect(readWhole(withMessage({ content: '2 and' }, 'length'), { reasoning })).toMatchObject({
      text: '',
      reasoning: '2 and',
    });
  });

  test('of a server that takes the reasoning out itself is text, though its model begins inside of the block', () => {
    const reasoning = { opened: true } as const;
    const message = { reasoning_content: '2 and 3', content: '5' };
    expect(readWhole(withMessage(message), { reasoning }).text).toBe('5');
    const events = [withDelta({ reasoning_content: '2 and 3' }), withDelta({ content: '5' }, 'stop')];
    expect(readEvents(events, { reasoning }).pieces).toEqual(['5']);
  });
});
