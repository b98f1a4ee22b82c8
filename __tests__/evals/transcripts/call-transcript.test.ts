import { callTranscripts } from '../../../src/evals/transcripts/call-transcript';
import { madeCallsOf, transcriptOf } from '../../../src/evals/transcripts/trial-transcript';
import { callingTools, chatCall, saying, type CalledTool } from './calls';

const user = { role: 'user', content: 'Where?' };
const tool = (content: string, id?: string): object => ({
  role: 'tool',
  ...(id !== undefined && { tool_call_id: id }),
  content,
});
const asked = (...messages: object[]): { messages: never[] } => ({ messages: messages as never[] });

test('a tool that an answer calls has the result that the next call sends', () => {
  const [first, second] = [
    callingTools(['look', '{"at":1}', 'c1'], ['look', '{"at":2}', 'c2']),
    callingTools(['read', 'no JSON', 'c3']),
  ];
  const said = (answer: unknown): object =>
    (answer as { choices: { message: object }[] }).choices[0]?.message ?? {};
  const calls = callTranscripts([
    chatCall({ request: asked(user), answer: first }),
    chatCall({ request: asked(user, said(first), tool('two', 'c2'), tool('one', 'c1')), answer: second }),
    chatCall({
      request: asked(user, said(first), tool('two', 'c2'), tool('one', 'c1'), said(second)),
      answer: saying('There.'),
    }),
  ]);
  expect(calls.map(({ toolCalls }) => toolCalls)).toEqual([
    [
      { id: 'c1', name: 'look', arguments: { at: 1 }, written: '{"at":1}', result: 'one', isError: false },
      { id: 'c2', name: 'look', arguments: { at: 2 }, written: '{"at":2}', result: 'two', isError: false },
    ],
    [{ id: 'c3', name: 'read', arguments: undefined, written: 'no JSON', result: undefined, isError: false }],
    [],
  ]);
  expect(calls[2]).toMatchObject({ isKnown: true, text: 'There.' });
});

test.each([
  ['the same id again', 'c0'],
  ['no ids', undefined],
])('servers that give %s: each call has its own result', (_what, id) => {
  const call = (at: number): CalledTool => ['look', `{"at":${at}}`, id];
  const said = (at: number): object => ({
    role: 'assistant',
    tool_calls: [{ id, function: { name: 'look', arguments: `{"at":${at}}` } }],
  });
  const calls = callTranscripts([
    chatCall({ request: asked(user), answer: callingTools(call(1)) }),
    chatCall({ request: asked(user, said(1), tool('one', id)), answer: callingTools(call(2)) }),
    chatCall({
      request: asked(user, said(1), tool('one', id), said(2), tool('two', id)),
      answer: saying(''),
    }),
  ]);
  expect(calls.flatMap(({ toolCalls }) => toolCalls).map(({ result }) => result)).toEqual(['one', 'two']);
});

test('a server that remembers the conversation gets the result alone', () => {
  const calls = callTranscripts([
    chatCall(
      {
        request: { input: 'Where?' },
        answer: { output: [{ type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' }] },
      },
      { path: '/responses' },
    ),
    chatCall(
      {
        request: {
          previous_response_id: 'r1',
          input: [{ type: 'function_call_output', call_id: 'c1', output: 'rain' }],
        },
        answer: { output: [] },
      },
      { path: '/responses' },
    ),
  ]);
  expect(calls[0]?.toolCalls[0]).toMatchObject({ name: 'look', result: 'rain' });
});

test('a result that is an error says so', () => {
  const path = '/messages';
  const use = { type: 'tool_use', id: 't1', name: 'look', input: {} };
  const result = {
    type: 'tool_result',
    tool_use_id: 't1',
    is_error: true,
    content: [{ type: 'text', text: 'gone' }],
  };
  const [first] = callTranscripts([
    chatCall({ request: asked(user), answer: { content: [use] } }, { path }),
    chatCall(
      {
        request: asked(user, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }),
        answer: { content: [] },
      },
      { path },
    ),
  ]);
  expect(first?.toolCalls[0]).toMatchObject({ result: 'gone', isError: true });
});

test('what is kept of calls is what they were, with reasoning and tools; each message is kept once', () => {
  const request = { ...asked(user), model: 'm', tools: [{ function: { name: 'look' } }] as never[], seed: 1 };
  const answer = {
    choices: [
      { message: { content: '5', reasoning_content: 'two and three' } },
      { message: { content: '6' } },
    ],
  };
  const made = [
    chatCall(
      { request, answer },
      { reasoning: 'two and three', usage: { promptTokens: 3, completionTokens: 1 } },
    ),
    chatCall({ request, answer: null }, { error: 'refused', status: 500 }),
    chatCall(undefined, { reasoning: 'of a client of its own' }),
  ];
  const kept = JSON.parse(JSON.stringify(transcriptOf(made))) as ReturnType<typeof transcriptOf>;
  expect(kept.messages).toHaveLength(3);
  expect(kept.tools).toHaveLength(1);
  expect(callTranscripts(madeCallsOf(kept))).toEqual(callTranscripts(made));
});

test('a long text is cut, and says by how much; large JSON is its hash and size', () => {
  const long = 'x'.repeat(70_000);
  const request = {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: long },
          { type: 'odd', long },
        ],
      },
      { role: 'tool', tool_call_id: 'c', content: long },
    ] as never[],
    response_format: { long },
  };
  const made = [chatCall({ request, answer: callingTools(['look', long]) })];
  const kept = transcriptOf(made);
  expect(JSON.stringify(kept).length).toBeLessThan(3 * 65_536 + 5000);
  const text = expect.stringMatching(/^x{65536}$/) as string;
  expect(kept.messages).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'text', text, cut: 4464 },
        { type: 'other', json: { sha256: expect.any(String) as string, bytes: 70_024 } },
      ],
    },
    { role: 'tool', parts: [{ type: 'toolResult', id: 'c', parts: [{ type: 'text', text, cut: 4464 }] }] },
    { role: 'assistant', parts: [{ type: 'toolCall', name: 'look', arguments: text, cut: 4464 }] },
  ]);
  expect(kept.calls[0]?.options).toEqual({
    response_format: { sha256: expect.any(String) as string, bytes: 70_011 },
  });
  expect(callTranscripts(made)[0]?.toolCalls[0]?.written).toHaveLength(70_000);
});

test('texts that are no part of what was said are cut too', () => {
  const long = 'x'.repeat(70_000);
  const made = [
    chatCall(
      {
        request: {
          model: long,
          messages: [{ role: long, name: long, content: '' }] as never[],
          tools: [{ name: long }],
        },
        answer: callingTools([long, '{}', long]),
      },
      { finishReason: long },
    ),
    chatCall(undefined, { error: long }),
  ];
  const longest = (JSON.stringify(transcriptOf(made)).match(/x+/g) ?? []).map(({ length }) => length);
  expect(Math.max(...longest)).toBe(65_536);
});
