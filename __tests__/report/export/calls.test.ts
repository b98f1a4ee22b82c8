import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exportInspect } from '../../../src/report/export/inspect';
import { exportOtlp } from '../../../src/report/export/otlp';
import { callingTools, chatCall, saying } from '../../evals/transcripts/calls';
import { ownPlaces } from '../../support/own-places';
import { keptRun } from './kept-run';

const places = ownPlaces();
const at = 1_767_225_600_000;
const model = 'embedded:expert';
const tool = {
  role: 'assistant',
  tool_calls: [{ id: 'c1', function: { name: 'look', arguments: '{"at":"x"}' } }],
};
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const user = { role: 'user', content: [{ type: 'text', text: 'Where?' }, image] };

/** An agent that calls a tool and answers, and a call of another model that is refused. */
const made = [
  chatCall(
    {
      request: {
        model: 'm',
        temperature: 0.5,
        max_tokens: 9,
        messages: [{ role: 'developer', content: 'Be kind.' }, user] as never[],
        tools: [
          {
            function: {
              name: 'look',
              parameters: { properties: { at: { type: ['odd'], description: 'd' } } },
            },
          },
        ],
      },
      answer: callingTools(['look', '{"at":"x"}', 'c1']),
    },
    {
      ...{ resource: model, at: at + 1, ms: 2.5, firstTokenMs: 1.5, finishReason: 'tool_calls' },
      usage: { promptTokens: 7, completionTokens: 3, cachedTokens: 2 },
    },
  ),
  chatCall(
    {
      request: {
        model: 'm',
        messages: [user, tool, { role: 'tool', tool_call_id: 'c1', content: 'Oslo' }] as never[],
      },
      answer: { ...(saying('<think>hm</think>Oslo.') as object), model: 'm-1' },
    },
    { resource: model, at: at + 4, finishReason: 'stop' },
  ),
  chatCall(undefined, { resource: 'openai:judge', at: at + 9, status: 500, error: '500 no' }),
];

const scores = [
  { name: 'right', value: true, metadata: { because: 'it is' } },
  { name: 'stars', value: 3.5 },
  { name: 'other', value: null },
];

test('inspect has each call as a model event, and the conversation of the model that is evaluated', () => {
  const evaluations = keptRun(places.directory, [
    [{ scores }, made],
    [{}, []],
  ]);
  const [path = ''] = exportInspect(evaluations, join(places.directory, 'inspect'));
  const { samples } = JSON.parse(readFileSync(path, 'utf8')) as { samples: object[] };
  const conversation = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Where?' },
        { type: 'text', text: expect.stringMatching(/^\{"type":"image","mediaType":"image\/png"/) as string },
      ],
    },
    {
      role: 'assistant',
      tool_calls: [{ id: 'c1', function: 'look', arguments: { at: 'x' }, type: 'function' }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'Oslo' },
  ];
  const answer = {
    role: 'assistant',
    content: [
      { type: 'reasoning', reasoning: 'hm' },
      { type: 'text', text: 'Oslo.' },
    ],
  };
  expect(samples[0]).toMatchObject({
    messages: [...conversation, answer],
    events: [
      {
        event: 'model',
        timestamp: '2026-01-01T00:00:00.001Z',
        working_start: 0.001,
        working_time: 0.0025,
        model: 'm',
        role: model,
        input: [{ role: 'system' }, { role: 'user' }],
        tools: [{ name: 'look', parameters: { type: 'object', properties: { at: { description: 'd' } } } }],
        config: { temperature: 0.5, max_tokens: 9 },
        output: {
          choices: [{ stop_reason: 'tool_calls', message: { tool_calls: [{ function: 'look' }] } }],
          usage: { input_tokens: 5, input_tokens_cache_read: 2, output_tokens: 3, total_tokens: 10 },
        },
      },
      { input: conversation, output: { model: 'm-1', choices: [{ message: answer, stop_reason: 'stop' }] } },
      { role: 'openai:judge', input: [], error: '500 no', output: { choices: [] } },
    ],
  });
  expect(samples[1]).not.toHaveProperty('events');
});

test('a recorded answer is one of a cache to inspect, which took no time', () => {
  const [asked, ...others] = made;
  if (asked === undefined) throw new Error('no call');
  const calls = [{ ...asked, facts: { ...asked.facts, replayed: true } }, ...others];
  const record = { resource: model, ms: 1 };
  const evaluations = keptRun(places.directory, [
    [{ scores, calls: [{ ...record, replayed: true }, record, record] }, calls],
    [{ calls: [record] }, []],
  ]);
  const [path = ''] = exportInspect(evaluations, join(places.directory, 'inspect'));
  const log = JSON.parse(readFileSync(path, 'utf8')) as {
    eval: object;
    samples: { metadata: object; events?: { output: object }[] }[];
  };
  const [event, live] = log.samples[0]?.events ?? [];
  expect(event).toMatchObject({ cache: 'read', completed: '2026-01-01T00:00:00.003Z' });
  for (const timed of [event, event?.output])
    for (const time of ['working_time', 'time']) expect(timed).not.toHaveProperty(time);
  expect(live).toMatchObject({ working_time: expect.any(Number) as number });
  expect(live).not.toHaveProperty('cache');
  expect(log).toMatchObject({
    eval: { metadata: { replayed: 1 } },
    samples: [{ metadata: { replayed: 1 } }, {}],
  });
  expect(log.samples[1]?.metadata).not.toHaveProperty('replayed');
});

test('a recorded answer is marked in OTLP, and has no time to its first chunk', () => {
  const calls = made.map((call) => ({ ...call, facts: { ...call.facts, replayed: true } }));
  const [path = ''] = exportOtlp(keptRun(places.directory, [[{ scores }, calls]]), places.directory);
  const [[, asked] = []] = spansIn(path);
  const attributes = named(asked?.attributes ?? []);
  expect(attributes['jest_model_provider.replayed']).toEqual({ boolValue: true });
  expect(attributes).not.toHaveProperty(['gen_ai.response.time_to_first_chunk']);
});

interface Attribute {
  readonly key: string;
  readonly value: unknown;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly Attribute[];
  readonly events?: readonly { readonly name: string; readonly attributes: readonly Attribute[] }[];
}

const named = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value]));

function spansIn(path: string): Span[][] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { resourceSpans } = JSON.parse(line) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}

test('otlp has a trace for each trial: its scores, and each call by the names of the conventions', () => {
  const call = { resource: model, ms: 2, finishReason: 'length', path: '/embeddings' };
  const evaluations = keptRun(places.directory, [
    [{ scores }, made],
    [{ error: { kind: 'timeout', message: 'late' }, calls: [call], scores: [] }, []],
  ]);
  const [path = ''] = exportOtlp(evaluations, join(places.directory, 'otlp'));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const [first = [], second = []] = spansIn(path);
  const [root, asked, answered, judged] = first;
  expect(first).toHaveLength(4);
  expect(new Set([...first, ...second].map(({ spanId }) => spanId)).size).toBe(6);
  for (const span of first) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.traceId).toBe(root?.traceId);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    if (span !== root) expect(span.parentSpanId).toBe(root?.spanId);
  }
  expect(root).toMatchObject({ name: 'sample of sums', kind: 1, startTimeUnixNano: '1767225600000000000' });
  expect(root?.events?.map(({ name, attributes }) => [name, named(attributes)])).toEqual([
    [
      'gen_ai.evaluation.result',
      {
        'gen_ai.evaluation.name': { stringValue: 'right' },
        'gen_ai.evaluation.score.value': { doubleValue: 1 },
        'gen_ai.evaluation.score.label': { stringValue: 'pass' },
        'gen_ai.evaluation.explanation': { stringValue: '{"because":"it is"}' },
      },
    ],
    [
      'gen_ai.evaluation.result',
      {
        'gen_ai.evaluation.name': { stringValue: 'stars' },
        'gen_ai.evaluation.score.value': { doubleValue: 3.5 },
      },
    ],
    [
      'gen_ai.evaluation.result',
      {
        'gen_ai.evaluation.name': { stringValue: 'other' },
        'gen_ai.evaluation.score.label': { stringValue: 'not applicable' },
      },
    ],
  ]);
  expect(asked).toMatchObject({
    name: 'chat m',
    kind: 3,
    startTimeUnixNano: '1767225600001000000',
    endTimeUnixNano: '1767225600003500000',
    status: {},
  });
  expect(named(asked?.attributes ?? [])).toMatchObject({
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.provider.name': { stringValue: 'embedded' },
    'gen_ai.request.model': { stringValue: 'm' },
    'gen_ai.request.temperature': { doubleValue: 0.5 },
    'gen_ai.request.max_tokens': { intValue: '9' },
    'gen_ai.usage.input_tokens': { intValue: '7' },
    'gen_ai.usage.output_tokens': { intValue: '3' },
    'gen_ai.response.finish_reasons': { arrayValue: { values: [{ stringValue: 'tool_calls' }] } },
    'gen_ai.response.time_to_first_chunk': { doubleValue: 0.0015 },
  });
  const messages = (span: Span | undefined, name: string): unknown =>
    JSON.parse((named(span?.attributes ?? [])[name] as { stringValue: string }).stringValue);
  expect(messages(answered, 'gen_ai.input.messages')).toMatchObject([
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'Where?' },
        { type: 'image', bytes: 3 },
      ],
    },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'look', arguments: '{"at":"x"}' }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'Oslo' }] },
  ]);
  expect(messages(answered, 'gen_ai.output.messages')).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm' },
        { type: 'text', content: 'Oslo.' },
      ],
      finish_reason: 'stop',
    },
  ]);
  expect(judged).toMatchObject({ name: 'chat openai:judge', status: { code: 2, message: '500 no' } });
  expect(named(judged?.attributes ?? [])).toMatchObject({
    'gen_ai.provider.name': { stringValue: 'openai' },
    'error.type': { stringValue: '500' },
  });
  // Of a sample without a transcript the log knows the facts.
  expect(second).toMatchObject([
    { status: { code: 2, message: 'late' } },
    { name: 'embeddings embedded:expert' },
  ]);
});
