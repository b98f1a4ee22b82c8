import { ModelClient, type GenerateOptions } from '../../../src/providers/openai-compatible/client';
import { caught } from '../../support/caught';
import { chunk, fakeEndpoint, refusal, sendEvent } from '../../fixtures/fake-endpoint';
import { all, observed } from './observed';

const endpoint = fakeEndpoint();
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
let client: ModelClient;

beforeEach(() => {
  const connection = { baseURL: endpoint.baseURL, apiKey: 'sk-test-0123456789abcdef', model: 'm' };
  client = new ModelClient(connection, { spec: 'fake:m', signal: new AbortController().signal });
});

describe('stream', () => {
  test('yields the pieces of the text and nothing else', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk(''));
      sendEvent(response, chunk('Hel'));
      sendEvent(response, chunk('lo'));
      sendEvent(response, chunk(null, 'stop'));
      sendEvent(response, { ...chunk(null), choices: [], usage: {} });
      sendEvent(response, '[DONE]');
      response.end();
    });
    expect(await all(client.stream('Hi', { maxTokens: 2 }))).toEqual(['Hel', 'lo']);
    expect(endpoint.requests[0]!.body).toMatchObject({ stream: true, max_tokens: 2 });
  });

  test('asks for the token counts, unless it is told not to', async () => {
    const body = async (options: GenerateOptions): Promise<unknown> => {
      endpoint.answer((response) => {
        sendEvent(response, chunk('Hello'));
        response.end('data: [DONE]\n\n');
      });
      await all(client.stream('Hi', options));
      return endpoint.requests.at(-1)!.body;
    };
    expect(await body({})).toHaveProperty('stream_options', { include_usage: true });
    expect(await body({ extra: { stream_options: undefined } })).not.toHaveProperty('stream_options');
  });

  test.each([
    ['in a chunk of its own, as OpenAI and vLLM do', chunk('lo'), { ...chunk(null), choices: [], usage }],
    ['in the last chunk of the answer, as some do', chunk('lo', 'stop'), { ...chunk(null, 'stop'), usage }],
  ])('notes the call, with the tokens that the server counts %s', async (_where, ...chunks) => {
    endpoint.answer((response) => {
      for (const sent of [chunk('Hel'), ...chunks]) sendEvent(response, sent);
      response.end('data: [DONE]\n\n');
    });
    const { calls } = await observed(() => all(client.stream('Hi')));
    expect(calls.map(({ spec, facts }) => ({ spec, ...facts }))).toEqual([
      {
        ...{ spec: 'fake:m', ms: expect.any(Number) as number, path: '/chat/completions', status: 200 },
        firstTokenMs: expect.any(Number) as number,
        usage: { promptTokens: 3, completionTokens: 2 },
        ...(JSON.stringify(chunks).includes('"stop"') && { finishReason: 'stop' }),
      },
    ]);
  });

  test('notes what was said, the pieces put together; an answer that is left is none', async () => {
    endpoint.answer((response) => {
      for (const sent of [chunk('Hel'), chunk('lo'), { ...chunk(null, 'stop'), usage }])
        sendEvent(response, sent);
      response.end('data: [DONE]\n\n');
    });
    const { calls } = await observed(async () => {
      await all(client.stream('Hi'));
      for await (const _piece of client.stream('Hi')) break;
    });
    expect(calls.map(({ bodies }) => [bodies?.request, bodies?.answer])).toEqual([
      [
        expect.objectContaining({ stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
        expect.objectContaining({
          choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
        }),
      ],
      [expect.objectContaining({ stream: true }), null],
    ]);
  });

  test.each([
    ['a text', { content: 'Hello' }],
    ['reasoning', { reasoning_content: 'Hm.' }],
    ['a call of a tool', { tool_calls: [{ index: 0, id: '1', function: { name: 'x', arguments: '{}' } }] }],
  ])('notes the time to the first piece that has %s, not to one that has nothing', async (_what, delta) => {
    const silentMs = 30;
    endpoint.answer((response) => {
      sendEvent(response, { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] });
      setTimeout(() => {
        sendEvent(response, { choices: [{ index: 0, delta, finish_reason: 'stop' }] });
        response.end('data: [DONE]\n\n');
      }, silentMs);
    });
    const { calls } = await observed(() => all(client.stream('Hi')));
    const { ms, firstTokenMs = 0 } = calls[0]!.facts;
    expect(firstTokenMs).toBeGreaterThanOrEqual(silentMs - 1);
    expect(firstTokenMs).toBeLessThanOrEqual(ms);
  });

  test('notes the tokens of a prompt that the server had read before', async () => {
    const counted = { ...usage, prompt_tokens_details: { cached_tokens: 2 } };
    endpoint.answer((response) => {
      sendEvent(response, { ...chunk('yes', 'stop'), usage: counted });
      response.end('data: [DONE]\n\n');
    });
    const { calls } = await observed(() => all(client.stream('Hi')));
    expect(calls[0]!.facts.usage).toEqual({ promptTokens: 3, completionTokens: 2, cachedTokens: 2 });
  });

  test('notes a latency that ends with the last piece, whatever the reader does after it', async () => {
    const thinkingMs = 20;
    endpoint.answer((response) => void setTimeout(() => sendEvent(response, chunk('Hello')), thinkingMs));
    const { calls, tookMs } = await observed(async () => {
      for await (const _piece of client.stream('Hi')) {
        const until = performance.now() + 50;
        while (performance.now() < until) await new Promise(setImmediate);
        break;
      }
    });
    expect(calls).toEqual([
      expect.objectContaining({
        spec: 'fake:m',
        facts: expect.not.objectContaining({ usage: expect.anything() as object }) as object,
      }),
    ]);
    expect(calls[0]!.facts.ms).toBeGreaterThanOrEqual(thinkingMs - 1);
    expect(calls[0]!.facts.ms).toBeLessThanOrEqual(tookMs - 50);
  });

  test('notes an answer that failed, without tokens', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      setImmediate(() => response.destroy());
    });
    const { calls } = await observed(() => caught(all(client.stream('Hi'))));
    expect(calls.map(({ facts }) => facts)).toEqual([
      {
        ...{ ms: expect.any(Number) as number, firstTokenMs: expect.any(Number) as number },
        ...{ path: '/chat/completions', status: 200, error: expect.stringContaining('"m"') as string },
      },
    ]);
  });

  test('has the whole answer after the loop', async () => {
    endpoint.answer((response) => {
      for (const sent of [chunk('<think>Hm.</think>Hel'), chunk('lo'), { ...chunk(null, 'stop'), usage }])
        sendEvent(response, sent);
      response.end('data: [DONE]\n\n');
    });
    const stream = client.stream('Hi');
    expect(await all(stream)).toEqual(['Hel', 'lo']);
    expect(await stream.reply).toEqual({
      text: 'Hello',
      reasoning: 'Hm.',
      toolCalls: [],
      finishReason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
      latencyMs: expect.any(Number) as number,
      model: 'm-2026-01-01',
      raw: {
        object: 'chat.completion',
        model: 'm-2026-01-01',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: '<think>Hm.</think>Hello' },
            finish_reason: 'stop',
          },
        ],
        usage,
      },
    });
  });

  test('rejects the whole answer if the loop fails, or is left before the end', async () => {
    endpoint.answer((response) => sendEvent(response, chunk('first')));
    const left = client.stream('Hi');
    for await (const _piece of left) break;
    expect(await caught(left.reply)).toMatchObject({
      code: 'ANSWER_CUT',
      message: '"m": the loop over its answer was left before the end.',
    });
    endpoint.answer(refusal(500, 'no'));
    const failed = client.stream('Hi');
    const error = await caught(all(failed));
    expect(await caught(failed.reply)).toBe(error);
  });

  test('fails with ANSWER_CUT when the answer ends without its end', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('The answer is n'));
      response.end();
    });
    const { calls } = await observed(async () => {
      expect(await caught(all(client.stream('Hi')))).toMatchObject({ code: 'ANSWER_CUT' });
    });
    expect(calls.map(({ facts }) => facts)).toMatchObject([
      { status: 200, error: expect.stringContaining('ended after 15 characters') as string },
    ]);
  });

  test('yields a piece as soon as it comes', async () => {
    let goOn = (): void => undefined;
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      goOn = () => {
        sendEvent(response, chunk('second'));
        response.end('data: [DONE]\n\n');
      };
    });
    const stream = client.stream('Hi');
    expect(await stream.next()).toEqual({ done: false, value: 'first' });
    goOn();
    expect(await all(stream)).toEqual(['second']);
  });

  test('ends the request at the server when the loop is left early', async () => {
    endpoint.answer((response) => sendEvent(response, chunk('first')));
    for await (const piece of client.stream('Hi')) {
      expect(piece).toBe('first');
      break;
    }
    await endpoint.requests[0]!.closed;
  });

  test('ends the request at the server when the loop throws', async () => {
    endpoint.answer((response) => sendEvent(response, chunk('first')));
    const loop = async (): Promise<void> => {
      for await (const _piece of client.stream('Hi')) throw new Error('mine');
    };
    await expect(loop()).rejects.toThrow('mine');
    await endpoint.requests[0]!.closed;
  });

  test('fails when the server hangs up in the middle of an answer', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      setImmediate(() => response.destroy());
    });
    const error = await caught(all(client.stream('Hi')));
    expect(error.code).toBe('REQUEST_FAILED');
    expect(error.message).toMatch(new RegExp(`^"m" got no answer from ${endpoint.baseURL}: terminated`));
  });

  test('fails with the words of a server that reports an error in the middle of an answer', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      sendEvent(response, { error: { message: 'the GPU is on fire', type: 'server_error' } });
      response.end();
    });
    const error = await caught(all(client.stream('Hi')));
    expect([error.code, error.message]).toEqual(['REQUEST_FAILED', '"m" answered the GPU is on fire']);
  });
});
