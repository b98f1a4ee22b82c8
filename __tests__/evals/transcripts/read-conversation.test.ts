import { createHash } from 'node:crypto';
import type { Json } from '../../../src/base/json';
import type { CallMessage } from '../../../src/evals/transcripts/conversation';
import { readConversation } from '../../../src/evals/transcripts/read-conversation';

const png = Buffer.from('not really a picture');
const sha256 = createHash('sha256').update(png).digest('hex');
const image = { type: 'image', mediaType: 'image/png', sha256, bytes: png.length };
const schema = { type: 'object', properties: { city: { type: 'string' } } };

const says = (role: string, ...texts: string[]): CallMessage => ({
  role,
  parts: texts.map((text) => ({ type: 'text', text })),
});

/** The same conversation as each API has it: a system prompt, a picture, a call of a tool, its result. */
const apis: readonly { path: string; request: Json; answer: Json; options: object }[] = [
  {
    path: '/chat/completions',
    request: {
      model: 'm',
      temperature: 0,
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"city":"Oslo"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema } }],
    },
    answer: {
      model: 'm-1',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            reasoning_content: 'Rain, so Oslo.',
            content: 'In Oslo.',
            tool_calls: [{ id: 'c2', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
        },
      ],
    },
    options: { temperature: 0 },
  },
  {
    path: '/responses',
    request: {
      model: 'm',
      store: false,
      instructions: 'Be kind.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Where is this?' },
            { type: 'input_image', image_url: `data:image/png;base64,${png.toString('base64')}` },
          ],
        },
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'c1', output: 'rain' },
      ],
      tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: schema }],
    },
    answer: {
      model: 'm-1',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Rain, so Oslo.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'In Oslo.' }] },
        { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{}' },
      ],
    },
    options: { store: false },
  },
  {
    path: '/v1/messages?beta=true',
    request: {
      model: 'm',
      max_tokens: 9,
      system: [{ type: 'text', text: 'Be kind.' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where is this?' },
            {
              type: 'image',
              source: { type: 'base64', media_type: 'image/png', data: png.toString('base64') },
            },
          ],
        },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'c1', name: 'look', input: { city: 'Oslo' } }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'rain' }] },
      ],
      tools: [{ name: 'look', description: 'Looks.', input_schema: schema }],
    },
    answer: {
      model: 'm-1',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Rain, so Oslo.', signature: 'x' },
        { type: 'text', text: 'In Oslo.' },
        { type: 'tool_use', id: 'c2', name: 'look', input: {} },
      ],
    },
    options: { max_tokens: 9 },
  },
];

test.each(apis)('$path is read into one form', ({ path, request, answer, options }) => {
  expect(readConversation(path, { request, answer })).toEqual({
    model: 'm',
    answeredBy: 'm-1',
    options,
    messages: [
      says('system', 'Be kind.'),
      { role: 'user', parts: [{ type: 'text', text: 'Where is this?' }, image] },
      {
        role: 'assistant',
        parts: [{ type: 'toolCall', id: 'c1', name: 'look', arguments: '{"city":"Oslo"}' }],
      },
      { role: 'tool', parts: [{ type: 'toolResult', id: 'c1', parts: [{ type: 'text', text: 'rain' }] }] },
    ],
    tools: [{ name: 'look', description: 'Looks.', parameters: schema }],
    answer: {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Rain, so Oslo.' },
        { type: 'text', text: 'In Oslo.' },
        { type: 'toolCall', id: 'c2', name: 'look', arguments: '{}' },
      ],
    },
  });
});

test('a completion of a text is what the user said and what came', () => {
  const request = { model: 'm', prompt: ['2 + 3', '4 + 4'], n: 2 };
  const answer = {
    choices: [
      { index: 1, text: '8' },
      { index: 0, text: '<think>five</think>5' },
    ],
  };
  expect(readConversation('/completions', { request, answer })).toEqual({
    model: 'm',
    options: { n: 2 },
    messages: [says('user', '2 + 3'), says('user', '4 + 4')],
    tools: [],
    answer: {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'five' },
        { type: 'text', text: '5' },
      ],
    },
    otherAnswers: [says('assistant', '8')],
  });
});

test('a vector is its dimensions, hash and size', () => {
  const request = { model: 'm', input: 'Oslo' };
  const vector = Buffer.from(new Float32Array([0.5, 0.25]).buffer);
  const part = {
    type: 'embedding',
    dimensions: 2,
    sha256: createHash('sha256').update(vector).digest('hex'),
    bytes: 8,
  };
  for (const embedding of [[0.5, 0.25], vector.toString('base64')])
    expect(readConversation('/embeddings', { request, answer: { data: [{ embedding }] } })).toMatchObject({
      messages: [says('user', 'Oslo')],
      answer: { role: 'assistant', parts: [part] },
    });
});

test.each<[string, string | undefined, Json, Json]>([
  ['a path that is not known', '/rerank', { query: 'q' }, { results: [] }],
  ['no path', undefined, { query: 'q' }, [1]],
  ['a body that is no object', '/chat/completions', 'text', 'text'],
])('%s: the bodies are given as they came', (_what, path, request, answer) => {
  expect(readConversation(path, { request, answer })).toEqual({
    messages: [{ role: 'unknown', parts: [{ type: 'other', json: request }] }],
    tools: [],
    options: {},
    answer: { role: 'unknown', parts: [{ type: 'other', json: answer }] },
  });
});

test('an error that came is the answer, as it came; nothing is none', () => {
  const request = { messages: [] };
  const error = { error: { message: 'too long' } };
  expect(readConversation('/chat/completions', { request, answer: error }).answer).toEqual({
    role: 'unknown',
    parts: [{ type: 'other', json: error }],
  });
  expect(readConversation('/chat/completions', { request, answer: null }).answer).toBeUndefined();
});

test('parts of messages that are not known are kept, and what is none breaks nothing', () => {
  const content = [{ type: 'hologram', data: 1 }, null, 7, { type: 'text' }];
  const { messages } = readConversation('/chat/completions', {
    request: { messages: [{ role: 'user', content }, 'bare', null] },
    answer: null,
  });
  expect(messages).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'other', json: { type: 'hologram', data: 1 } },
        { type: 'other', json: 7 },
        { type: 'other', json: { type: 'text' } },
      ],
    },
    says('unknown', 'bare'),
    { role: 'unknown', parts: [] },
  ]);
});

test('texts of a request that are named as secrets are, and the query of an address, are left out', () => {
  const tool = {
    type: 'mcp',
    server_url: 'https://tools.test',
    authorization: 'Bearer x',
    headers: { 'X-Api-Key': 'y' },
  };
  const url = 'https://me:secret@pictures.test/a.png?signature=z';
  const read = readConversation('/chat/completions', {
    request: {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      tools: [tool],
      max_tokens: 5,
    },
    answer: null,
  });
  expect(read.messages[0]?.parts).toEqual([{ type: 'image', url: 'https://pictures.test/a.png' }]);
  expect(read.tools).toEqual([
    {
      name: 'mcp',
      parameters: {
        server_url: 'https://tools.test',
        authorization: '[redacted]',
        headers: { 'X-Api-Key': '[redacted]' },
      },
    },
  ]);
  expect(read.options).toEqual({ max_tokens: 5 });
});

test.each(['/chat/completions', '/responses', '/messages', '/other'])(
  'what is deeper than the stack breaks nothing: %s',
  (path) => {
    const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as Json;
    const read = readConversation(path, {
      request: { messages: [{ role: 'user', content: deep }], input: [{ content: deep }], tools: [deep] },
      answer: {
        choices: [{ message: { content: deep } }],
        output: [{ type: 'message', content: deep }],
        content: [deep, { type: 'tool_use', input: deep }],
      },
    });
    expect(JSON.stringify(read).length).toBeLessThan(5000);
    expect(read.answer).toBeDefined();
  },
);
