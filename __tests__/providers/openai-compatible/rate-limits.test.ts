import OpenAI from 'openai';
import { gateOf } from '../../../src/answers/endpoint-gate';
import { ModelProviderError } from '../../../src/base/errors';
import { callAs } from '../../../src/pattern/model-calls';
import { ModelClient } from '../../../src/providers/openai-compatible/client';
import { chunk, completion, fakeEndpoint, json, refusal, sendEvent } from '../../fixtures/fake-endpoint';
import { limited } from '../../fixtures/limited-endpoint';
import { caught } from '../../support/caught';
import { eventually } from '../../support/eventually';
import { OwnCaller } from '../../pattern/own-caller';
import { all } from './observed';

const [endpoint, other] = [fakeEndpoint(), fakeEndpoint()];
const right = json(200, completion('yes'));
let lease: AbortController;
let caller: OwnCaller;
let number = 0;

beforeEach(() => {
  lease = new AbortController();
  caller = new OwnCaller();
  // Each test has an endpoint of its own, so that no pause of another one is left.
  number += 1;
});

const own = (): string => `${endpoint.baseURL}/${number}`;
const clientOf = (baseURL = own()): ModelClient =>
  new ModelClient(
    { baseURL, apiKey: 'sk-test-0123456789', model: 'm' },
    { spec: 'openai:m', signal: lease.signal },
  );

type Way = (client: ModelClient, signal?: AbortSignal) => Promise<string>;
const given = (signal?: AbortSignal): { signal?: AbortSignal } => (signal === undefined ? {} : { signal });
const ways: Record<string, Way> = {
  generate: async (client, signal) => (await client.generate('Hi', given(signal))).text,
  stream: async (client, signal) => (await all(client.stream('Hi', given(signal)))).join(''),
  openai: async ({ openai }, signal) => {
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const { choices } = await openai.chat.completions.create(
      { model: 'm', messages: [...messages] },
      given(signal),
    );
    return choices[0]?.message.content ?? '';
  },
  'a stream of openai': async ({ openai }, signal) => {
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    let text = '';
    for await (const { choices } of await openai.chat.completions.create(
      { model: 'm', messages: [...messages], stream: true },
      given(signal),
    ))
      text += choices[0]?.delta.content ?? '';
    return text;
  },
};

describe.each(Object.entries(ways))('a rate limit, with %s', (_name, ask) => {
  test('is waited for by all calls, in the middle of which none is sent', async () => {
    const windowMs = 250;
    const { answerer, windows, answered, refused, late } = limited(5, windowMs);
    endpoint.answer(answerer);
    const client = clientOf();
    const texts = await callAs(caller, () => Promise.all(Array.from({ length: 40 }, () => ask(client))));
    expect(texts).toEqual(Array.from({ length: 40 }, () => 'yes'));
    expect(answered).toHaveLength(40);
    // After a refusal nothing comes before the next window, but what was under way: it comes in a moment. In the
    // first window that is everything.
    expect(windows.length).toBeGreaterThan(3);
    for (let index = 1; index < windows.length; index += 1) expect(late(index, 100)).toEqual([]);
    // It learns how many it may send: not all of them storm after each pause.
    expect(refused.length).toBeLessThan(100);
    expect(caller.events.filter((event) => event === 'waits')).not.toEqual([]);
    expect(caller.events.filter((event) => event === 'waits')).toHaveLength(caller.events.length / 2);
  });

  test('in a body that comes with success is waited for as well', async () => {
    endpoint.answer(
      json(200, { error: { message: 'slow down', code: 429 } }, { 'retry-after-ms': '50' }),
      json(
        200,
        { choices: [{ error: { code: '429', message: 'slow' }, finish_reason: 'error' }] },
        { 'retry-after-ms': '50' },
      ),
      (response, request) => {
        if (request.body['stream'] !== true) return right(response, request);
        sendEvent(response, chunk('yes', 'stop'));
        response.end();
      },
    );
    expect(await ask(clientOf())).toBe('yes');
    expect(endpoint.requests).toHaveLength(3);
  });

  test('is not waited for longer than the caller wants', async () => {
    endpoint.answer(refusal(429, 'come back tomorrow', { 'retry-after': '2' }));
    caller.maxWaitMs = 1999;
    const error = await callAs(caller, () => caught(ask(clientOf())));
    expect(error.message).toContain('429 come back tomorrow');
    expect([endpoint.requests.length, caller.events]).toEqual([1, ['gave up']]);
  });

  test('is not waited for where the quota is used up', async () => {
    endpoint.answer(
      json(429, { error: { message: 'pay first', code: 'insufficient_quota' } }, { 'retry-after': '1' }),
    );
    expect((await caught(ask(clientOf()))).message).toContain('429 pay first');
    expect((await caught(ask(clientOf()))).message).toContain('429 pay first');
    expect(endpoint.requests).toHaveLength(2);
  });

  const timeouts = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  test.each<[string, (controller: AbortController) => void, RegExp]>([
    ['the caller’s signal', (controller) => controller.abort(new Error('no more')), /no more|aborted/],
    [
      'the end of the lease',
      () => lease.abort(new ModelProviderError('HANDLE_CLOSED', 'torn down')),
      /torn down|Connection error/,
    ],
    [
      'the end of the sample',
      () => caller.abort.abort(new ModelProviderError('EVAL_FAILED', 'late')),
      /late|Connection error/,
    ],
  ])('is not waited for any more after %s, and no timer is left', async (_what, end, message) => {
    endpoint.answer(refusal(429, 'slow down', { 'retry-after': '200' }));
    const before = timeouts();
    const client = clientOf();
    const controller = new AbortController();
    const calls = callAs(caller, () =>
      Promise.all(Array.from({ length: 5 }, () => caught(ask(client, controller.signal)))),
    );
    while (caller.events.length < 5) await new Promise(setImmediate);
    end(controller);
    for (const error of await calls) expect(error.message).toMatch(message);
    // Timers of fetch come and go by themselves.
    await eventually(() => timeouts() <= before);
    expect(caller.events.filter((event) => event === 'goes on')).toHaveLength(5);
    expect(gateOf(own()).leftMs).toBeGreaterThan(100_000);
  });
});

test('the latency counts from the last sending', async () => {
  endpoint.answer(refusal(429, 'slow down', { 'retry-after-ms': '400' }), right);
  // The whole call lasts as long as its pause, and as the latency at least.
  let begin = performance.now();
  const { latencyMs } = await clientOf().generate('Hi');
  expect(latencyMs).toBeLessThanOrEqual(performance.now() - begin - 400);
  endpoint.answer(refusal(429, 'slow down', { 'retry-after-ms': '400' }), (response) => {
    sendEvent(response, chunk('yes', 'stop'));
    response.end();
  });
  begin = performance.now();
  const stream = clientOf(`${own()}/s`).stream('Hi');
  await all(stream);
  expect((await stream.reply).latencyMs).toBeLessThanOrEqual(performance.now() - begin - 400);
});

test('the pause is one for all clients of the endpoint, and for no other endpoint', async () => {
  endpoint.answer(refusal(429, 'slow down', { 'retry-after': '200' }));
  other.answer(right);
  const first = caught(clientOf().generate('Hi'));
  while (gateOf(own()).leftMs <= 0) await new Promise(setImmediate);
  const again = caught(clientOf(`${own()}/`).generate('Hi'));
  expect((await clientOf(other.baseURL).generate('Hi')).text).toBe('yes');
  lease.abort(new Error('over'));
  await Promise.all([first, again]);
  expect(endpoint.requests).toHaveLength(1);
});

test('after the pause they go on', async () => {
  endpoint.answer(refusal(429, 'slow down', { 'retry-after-ms': '300' }), right);
  const begin = performance.now();
  expect((await clientOf().generate('Hi')).text).toBe('yes');
  expect(performance.now() - begin).toBeGreaterThan(290);
});

test('an endpoint that does not say when is asked again after longer and longer', async () => {
  const at: number[] = [];
  endpoint.answer((response, request) => {
    at.push(performance.now());
    (at.length < 3 ? refusal(429, 'busy', { 'retry-after': '-1' }) : right)(response, request);
  });
  await clientOf().generate('Hi');
  const [first = 0, second = 0, third = 0] = at;
  expect([second - first, third - second].map((ms, index) => ms > 240 * (index + 1))).toEqual([true, true]);
});

test('an endpoint that answers nothing else is waited for as long as the caller wants, in all', async () => {
  endpoint.answer(refusal(429, 'busy', { 'retry-after-ms': '100' }));
  caller.maxWaitMs = 450;
  const error = await callAs(caller, () => caught(clientOf().generate('Hi')));
  expect(error).toMatchObject({ code: 'REQUEST_FAILED', details: { status: 429, retryAfterMs: 100 } });
  // After 100 and 200 ms; 400 more would be too long.
  expect(endpoint.requests).toHaveLength(3);
  // It is asked again by the next call, since it may answer now.
  endpoint.answer(right);
  expect((await callAs(caller, () => clientOf().generate('Hi'))).text).toBe('yes');
});

test('a pause that another caller waits for is too long for one who does not want to wait so long', async () => {
  endpoint.answer(refusal(429, 'slow down', { 'retry-after': '100' }));
  const patient = caught(clientOf().generate('Hi'));
  while (gateOf(own()).leftMs <= 0) await new Promise(setImmediate);
  caller.maxWaitMs = 1000;
  const error = await callAs(caller, () => caught(clientOf().generate('Hi')));
  expect(error.message).toMatch(
    /^"m" answered 429 There were too many requests; it wants to be asked again in \d+ s\.$/,
  );
  expect([endpoint.requests.length, caller.events]).toEqual([1, ['gave up']]);
  lease.abort(new Error('over'));
  await patient;
});

test('what can be sent only once is not sent again, and its 429 pauses the others', async () => {
  endpoint.answer(refusal(429, 'slow down', { 'retry-after': '200' }));
  const body = new ReadableStream({ start: (controller) => (controller.enqueue('{}'), controller.close()) });
  const { openai } = clientOf();
  const error = await caught(
    openai.post('/files', { body, __binaryRequest: true } as never) as Promise<unknown>,
  );
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(endpoint.requests).toHaveLength(1);
  expect(gateOf(own()).leftMs).toBeGreaterThan(0);
});
