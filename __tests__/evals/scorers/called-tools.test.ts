import { callsAtMost, tokensAtMost } from '../../../src/evals/scorers/call-limits';
import {
  calledTools,
  type ExpectedToolUse,
  type ExpectedToolUses,
} from '../../../src/evals/scorers/called-tools';
import { callTranscripts } from '../../../src/evals/transcripts/call-transcript';
import { madeCallsOf, transcriptOf } from '../../../src/evals/transcripts/trial-transcript';
import { callingTools, chatCall, saying, toolsCalled } from '../transcripts/calls';

type Expected = string | ExpectedToolUse | readonly (string | ExpectedToolUse)[] | ExpectedToolUses;

function thrown(judge: () => unknown): unknown {
  try {
    return judge();
  } catch (error) {
    return error;
  }
}

const search = ['search', '{"q":"Oslo","n":1}'] as const;
const fetched = ['fetch', ''] as const;
const made = toolsCalled(search, fetched, ['search', '{"q":"Bergen"}']);

test.each<[boolean, string, Expected]>([
  [true, 'a tool that is called', 'search'],
  [false, 'a tool that is not called', 'post'],
  [true, 'several, in any order', ['fetch', 'search']],
  [true, 'as often as it is called', { name: 'search', times: 2 }],
  [false, 'more often than it is called', { name: 'search', times: 3 }],
  [false, 'less often than it is called', { name: 'search', times: 1 }],
  [true, 'within limits', { name: 'search', times: { max: 2 } }],
  [false, 'above a limit', { name: 'search', times: { max: 1 } }],
  [false, 'below a limit', { name: 'fetch', times: { min: 2 } }],
  [true, 'a tool that is forbidden, and not called', { name: 'post', times: 0 }],
  [false, 'a tool that is forbidden, and called', { name: 'fetch', times: 0 }],
  [true, 'arguments, whatever the order of their keys', { name: 'search', arguments: { n: 1, q: 'Oslo' } }],
  [false, 'other arguments', { name: 'search', arguments: { q: 'Oslo' } }],
  [true, 'no arguments', { name: 'fetch', arguments: {} }],
  [true, 'a tool twice, once with arguments', ['search', { name: 'search', arguments: { q: 'Bergen' } }]],
  [false, 'a tool thrice, each entry needing a call', ['search', 'search', 'search']],
  [true, 'in their order', { tools: ['search', 'fetch', 'search'], inOrder: true }],
  [true, 'in their order with others between', { tools: ['search', 'search'], inOrder: true }],
  [false, 'in another order', { tools: ['fetch', { name: 'search', times: 2 }], inOrder: true }],
  [true, 'these only', { tools: ['fetch', 'search'], only: true }],
  [false, 'these only, and there are others', { tools: ['search'], only: true }],
  [
    false,
    'these only in their order, and there are others',
    { tools: ['search'], inOrder: true, only: true },
  ],
  [false, 'none', []],
])('%p for %s', (value, _what, expected) => {
  expect(calledTools(made, expected).value).toBe(value);
});

test('an empty list expects that no tool is called', () => {
  const quiet = callTranscripts([chatCall({ request: { messages: [] }, answer: saying('5') })]);
  expect(calledTools(quiet, []).value).toBe(true);
  expect(calledTools([], []).value).toBe(true);
});

test('what is missing and what is too much explains a wrong answer', () => {
  expect(calledTools(made, { tools: ['post', { name: 'search', times: 1 }], only: true }).metadata).toEqual({
    missing: ['post'],
    unexpected: [
      { name: 'search', times: 1 },
      { name: 'fetch', arguments: '' },
    ],
    calls: [
      { name: 'search', arguments: '{"q":"Oslo","n":1}' },
      { name: 'fetch', arguments: '' },
      { name: 'search', arguments: '{"q":"Bergen"}' },
    ],
  });
});

test.each<[string, unknown, unknown]>([
  ['the answer is a string; it must be the calls of a sample, context.calls', 'text', 'search'],
  ['the answer is an array', [{ name: 'search' }], 'search'],
  ['expected is a number', made, 7],
  ['times is -1; it must be a whole number, or { min, max }', made, { name: 'a', times: -1 }],
  ['times is {"min":2,"max":1}', made, { name: 'a', times: { min: 2, max: 1 } }],
  ['times is null', made, { name: 'a', times: null }],
  ['tools is a string', made, { tools: 'search' }],
  ['inOrder is 1; it must be true or false', made, { tools: [], inOrder: 1 }],
])('%s: it cannot be judged', (message, calls, expected) => {
  const error = thrown(() => calledTools(calls as never, expected as never));
  expect(error).toMatchObject({ code: 'SCORER_FAILED', message: expect.stringContaining(message) as string });
});

test('calls of which only the facts are known are not judged by their tools; one that failed called none', () => {
  const facts = callTranscripts([chatCall(undefined)]);
  expect(thrown(() => calledTools(facts, []))).toMatchObject({
    code: 'SCORER_FAILED',
    message: expect.stringContaining('it is not known what was said in a call of m') as string,
  });
  expect(calledTools(callTranscripts([chatCall(undefined, { error: 'refused' })]), []).value).toBe(true);
  expect(callsAtMost(facts, 1).value).toBe(true);
});

test('arguments of which a part alone was kept are not compared', () => {
  const [call] = toolsCalled(['post', `{"text":"${'x'.repeat(70_000)}"}`]);
  const made = [
    chatCall({
      request: { messages: [] },
      answer: callingTools(['post', call?.toolCalls[0]?.written ?? '']),
    }),
  ];
  const kept = callTranscripts(madeCallsOf(transcriptOf(made)));
  expect(calledTools(kept, { name: 'post', times: 1 }).value).toBe(true);
  expect(thrown(() => calledTools(kept, { name: 'post', arguments: {} }))).toMatchObject({
    code: 'SCORER_FAILED',
    message: expect.stringContaining(
      'the arguments of a call of post were too long to be kept as a whole',
    ) as string,
  });
});

test('the calls of models are counted', () => {
  expect(callsAtMost(made, 3)).toMatchObject({ value: true, metadata: { calls: 3 } });
  expect(callsAtMost(made, 2)).toMatchObject({ value: false });
  expect(thrown(() => callsAtMost(made, -1))).toMatchObject({ code: 'SCORER_FAILED' });
});

test('tokens are those of prompts and answers; a server that counts none leaves it open', () => {
  const usage = { promptTokens: 7, completionTokens: 3 };
  const counted = chatCall(undefined, { usage });
  const failed = chatCall(undefined, { error: 'refused' });
  const uncounted = chatCall(undefined);
  const value = (calls: (typeof counted)[], most: number): unknown =>
    tokensAtMost(callTranscripts(calls), most).value;
  expect(value([counted, counted], 20)).toBe(true);
  expect(value([counted, counted, failed], 19)).toBe(false);
  expect(value([counted, uncounted], 10)).toBeNull();
  expect(value([counted, uncounted], 9)).toBe(false);
  expect(value([], 0)).toBe(true);
});
