import { callReader } from '../../../src/tap/reading/call-reader';
import type { ReadCall } from '../../../src/tap/reading/read-call';

const asked = { model: 'm', baseURL: 'http://127.0.0.1/v1', apiKey: 'k' };

interface ReadPieces extends ReadCall {
  /** After how many pieces words of the model had come. */
  readonly firstWords: number;
}

/** Reads an answer whose bytes arrive in pieces of `size`. */
function read(path: string, body: string, contentType = 'application/json', size = 7): ReadPieces {
  const reader = callReader(asked, path, { status: 200, contentType });
  const bytes = new TextEncoder().encode(body);
  let firstWords = -1;
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    if (reader.hasWords && firstWords < 0) firstWords = at;
  }
  return { ...reader.end(), firstWords };
}

const whole = (path: string, body: object): ReadPieces => read(path, JSON.stringify(body));
const streamed = (path: string, events: readonly object[], end = 'data: [DONE]\n\n'): ReadPieces =>
  read(
    path,
    `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}${end}`,
    'text/event-stream',
  );

describe('a whole answer', () => {
  test('of chat completions has its tokens, how it ended, and its body', () => {
    const body = {
      model: 'm',
      choices: [{ index: 0, finish_reason: 'length', message: { role: 'assistant', content: 'Hi' } }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    };
    expect(whole('/chat/completions', body)).toMatchObject({
      facts: { finishReason: 'length', usage: { promptTokens: 3, completionTokens: 2 } },
      answer: body,
    });
  });

  test('of chat completions without any text is empty; with a call of a tool it is not', () => {
    const body = (message: object): object => ({ choices: [{ index: 0, finish_reason: 'stop', message }] });
    expect(whole('/chat/completions', body({ content: '' })).facts).toMatchObject({ isEmpty: true });
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    expect(whole('/chat/completions', body({ content: null, tool_calls: [call] })).facts).not.toHaveProperty(
      'isEmpty',
    );
  });

  test('of completions has its tokens', () => {
    const body = {
      choices: [{ index: 0, finish_reason: 'stop', text: 'Hi' }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    };
    expect(whole('/completions', body).facts).toMatchObject({
      usage: { promptTokens: 3, completionTokens: 2 },
    });
  });

  test('of responses has its tokens, the cached ones among them, its reasoning, and why it is incomplete', () => {
    const body = {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] },
      ],
      usage: { input_tokens: 9, output_tokens: 4, input_tokens_details: { cached_tokens: 5 } },
    };
    expect(whole('/responses', body)).toMatchObject({
      facts: {
        finishReason: 'max_output_tokens',
        reasoning: 'Hm.',
        usage: { promptTokens: 9, completionTokens: 4, cachedTokens: 5 },
      },
      answer: body,
    });
  });

  test('of responses that refuses says so', () => {
    const output = [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }];
    expect(whole('/responses', { status: 'completed', output }).facts).toMatchObject({
      finishReason: 'stop',
      isRefused: true,
    });
  });

  test('of Anthropic’s messages counts what is cached as prompt', () => {
    const body = {
      stop_reason: 'end_turn',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Hi' },
      ],
      usage: {
        ...{ input_tokens: 2, cache_creation_input_tokens: 10, cache_read_input_tokens: 20 },
        output_tokens: 4,
      },
    };
    expect(whole('/messages', body).facts).toEqual({
      finishReason: 'end_turn',
      reasoning: 'Hm.',
      usage: { promptTokens: 32, completionTokens: 4, cachedTokens: 20 },
    });
  });

  test.each([
    [
      { prompt_tokens: 8, total_tokens: 8 },
      { promptTokens: 8, completionTokens: 0 },
    ],
    [
      { input_tokens: 8, output_tokens: 2 },
      { promptTokens: 8, completionTokens: 2 },
    ],
  ])('of another API has the tokens of usual names: %j', (usage, counted) => {
    expect(whole('/embeddings', { data: [], usage }).facts).toEqual({ usage: counted });
  });

  test('whose tokens are no numbers has none: they are unknown, not 0', () => {
    expect(
      whole('/responses', { status: 'completed', output: [], usage: { input_tokens: '9' } }).facts,
    ).not.toHaveProperty('usage');
    expect(whole('/embeddings', { data: [] }).facts).toEqual({});
  });

  test('that is no JSON is kept as its text', () => {
    expect(read('/anything', 'pong', 'text/plain')).toMatchObject({ facts: {}, answer: 'pong' });
  });
});

describe('a stream', () => {
  const chunk = (delta: object, more: object = {}): object => ({
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  });

  test('of chat completions is put together; its first words are no role', () => {
    const read = streamed('/chat/completions', [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'H' }),
      chunk({ content: 'i' }),
      { object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
    ]);
    expect(read).toMatchObject({
      facts: { finishReason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } },
      answer: { choices: [{ message: { content: 'Hi' } }] },
    });
    expect(read.firstWords).toBeGreaterThan(JSON.stringify(chunk({ role: 'assistant', content: '' })).length);
  });

  test('whose first words are a call of a tool, or reasoning, has words', () => {
    const call = { index: 0, id: 'c', function: { name: 'f', arguments: '' } };
    expect(streamed('/chat/completions', [chunk({ tool_calls: [call] })]).firstWords).toBeGreaterThan(0);
    expect(streamed('/chat/completions', [chunk({ reasoning_content: 'Hm' })]).firstWords).toBeGreaterThan(0);
  });

  test('of chat completions that ends too early is an error', () => {
    const { error } = streamed('/chat/completions', [chunk({ content: 'H' })], '');
    expect(error).toContain('ended after 1 characters');
  });

  test('of responses is what its last event holds', () => {
    const response = { status: 'completed', output: [], usage: { input_tokens: 1, output_tokens: 2 } };
    const read = streamed(
      '/responses',
      [
        { type: 'response.created', response: { status: 'in_progress', output: [] } },
        { type: 'response.output_text.delta', delta: 'Hi' },
        { type: 'response.completed', response },
      ],
      '',
    );
    expect(read).toMatchObject({
      facts: { finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 2 } },
      answer: response,
    });
    expect(read.error).toBeUndefined();
    expect(read.firstWords).toBeGreaterThan(0);
  });

  test('of Anthropic’s messages is put together', () => {
    const read = streamed(
      '/messages',
      [
        {
          type: 'message_start',
          message: { role: 'assistant', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Let ' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'me see.' } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'content_block_start',
          index: 1,
          content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
        },
        { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
        { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '1}' } },
        { type: 'content_block_stop', index: 1 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
        { type: 'message_stop' },
      ],
      '',
    );
    expect(read).toMatchObject({
      facts: { finishReason: 'tool_use', usage: { promptTokens: 5, completionTokens: 9 } },
      answer: {
        stop_reason: 'tool_use',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
        ],
      },
    });
    expect(read.error).toBeUndefined();
  });

  test.each(['/responses', '/messages'])('of %s whose last event is missing was cut', (path) => {
    expect(streamed(path, [{ type: 'ping' }], '').error).toContain('cut');
  });

  test('with an error in it says what the server said', () => {
    expect(
      streamed('/messages', [{ type: 'error', error: { type: 'x', message: 'overloaded' } }], '').error,
    ).toBe('overloaded');
  });
});
