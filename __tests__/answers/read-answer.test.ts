import { keepSecret } from '../../src/base/secrets';
import { asked, readChunks, readEvents, readWhole, withChoice, withDelta, withMessage } from './reading';

const parts = [
  { type: 'text', text: 'Par' },
  { type: 'image_url', image_url: { url: 'data:' } },
  { type: 'text', text: 'is' },
];
const finished = withDelta({}, 'stop');

// Each answer as a whole and, where there is such a thing, as a stream.
describe('the text', () => {
  test.each([
    ['a text', 'Paris'],
    ['a list of parts, of which those of text are joined', parts],
    ['a list of texts', ['Par', 'is']],
    ['a list with what is null', [null, { type: 'text', text: 'Paris' }]],
    ['one part', { type: 'text', text: 'Paris' }],
    ['one part without a type', { text: 'Paris' }],
  ])('may come as %s', (_how, content) => {
    expect(readWhole(withMessage({ content })).text).toBe('Paris');
    expect(readEvents([withDelta({ content }), finished])).toMatchObject({
      text: 'Paris',
      pieces: ['Paris'],
    });
  });

  test.each([
    ['null', null],
    ['absent', undefined],
    ['an empty list', []],
    ['a list of other parts', [{ type: 'refusal', refusal: 'No' }]],
  ])('is empty where the content is %s', (_how, content) => {
    expect(readWhole(withMessage({ content }))).toMatchObject({ text: '', reasoning: undefined });
    expect(readEvents([withDelta({ content }), finished]).text).toBe('');
  });

  test.each([
    ['a number', 42],
    ['true', true],
    ['an object that is no part', { city: 'Paris' }],
    ['a list of what is no part', [['Paris']]],
  ])('is an error, and not empty, where the content is %s', (_how, content) => {
    for (const reading of [
      readWhole(withMessage({ content })),
      readEvents([withDelta({ content: 'It is ' }), withDelta({ content }), finished]),
    ])
      expect(reading.error).toMatchObject({
        code: 'REQUEST_FAILED',
        message: expect.stringContaining('HTTP 200 with a content that is no text: ') as string,
      });
  });

  test('may stand in the choice itself, as that of a plain completion does', () => {
    expect(readWhole(withChoice({ text: 'Paris', finish_reason: 'stop' })).text).toBe('Paris');
    const pieces = ['Par', 'is'].map((text) => withChoice({ index: 0, text, finish_reason: null }));
    expect(readEvents([...pieces, finished]).pieces).toEqual(['Par', 'is']);
  });

  test('of a stream may come at once; beside its pieces it is not read again', () => {
    expect(readEvents([withMessage({ content: 'Paris' }), '[DONE]']).text).toBe('Paris');
    const both = (content: string, all: string, end: string | null): object =>
      withChoice({ index: 0, delta: { content }, message: { content: all }, finish_reason: end });
    expect(readEvents([both('Par', 'Par', null), both('is', 'Paris', 'stop')]).text).toBe('Paris');
    expect(readEvents([withDelta({ content: 'Paris' }), withMessage({ content: 'Paris' })]).text).toBe(
      'Paris',
    );
  });

  test('is that of the first choice, in whatever order they come', () => {
    const [other, first] = [
      { index: 1, message: { content: 'Rome' }, finish_reason: 'length' },
      { index: 0, message: { content: 'Paris' }, finish_reason: 'stop' },
    ];
    expect(readWhole({ choices: [other, first] })).toMatchObject({ text: 'Paris', finishReason: 'stop' });
    const piece = (index: number, content: string, end: string | null = null): object => ({
      ...{ index, delta: { content }, finish_reason: end },
    });
    expect(
      readEvents([
        ...[{ choices: [piece(1, 'Ro')] }, { choices: [piece(0, 'Par')] }],
        ...[{ choices: [piece(1, 'me', 'length'), piece(0, 'is', 'stop')] }, '[DONE]'],
      ]),
    ).toMatchObject({ text: 'Paris', finishReason: 'stop' });
  });
});

describe('the pieces of a stream', () => {
  test.each([
    ['no delta', withChoice({ index: 0, finish_reason: null })],
    ['a delta of null', withDelta(null)],
    ['no choice', { choices: [] }],
    ['no list of choices', { model: 'm-1' }],
  ])('are skipped that have %s', (_what, event) => {
    const reading = readEvents([event, withDelta({ content: 'Hi' }), event, finished, event, '[DONE]']);
    expect(reading).toMatchObject({ text: 'Hi', pieces: ['Hi'], finishReason: 'stop' });
  });

  test('may be cut anywhere, also within a letter, and need no empty line at the end', () => {
    const bytes = Buffer.from(`: hello\n\ndata: ${JSON.stringify(withDelta({ content: 'Zoë 🦉' }, 'stop'))}`);
    for (let at = 1; at < bytes.length; at += 1) {
      const chunks = [bytes.subarray(0, at), bytes.subarray(at)] as unknown as string[];
      expect(readChunks(chunks).text).toBe('Zoë 🦉');
    }
  });

  test('after the end are not read', () => {
    expect(readEvents([withDelta({ content: 'Hi' }, 'stop'), '[DONE]', 'nonsense']).text).toBe('Hi');
  });

  test('are read as a whole where the server ignores the wish for a stream', () => {
    const body = JSON.stringify(withMessage({ content: 'Paris' }), null, 2);
    const reading = readChunks([body.slice(0, 9), body.slice(9)], { contentType: 'application/json' });
    expect(reading).toMatchObject({ text: 'Paris', pieces: ['Paris'], finishReason: 'stop' });
  });
});

describe('no answer', () => {
  const cut = JSON.stringify(withMessage({ content: 'Paris' })).slice(0, 40);
  const html = '<html><body>Bad gateway</body></html>';

  test.each([
    ['an empty body', '', 'with what is no completion: an empty body'],
    ['a page', html, `with what is no completion: text/html, ${JSON.stringify(html)}`],
    ['a cut body', cut, `with what is no completion: text/html, ${JSON.stringify(cut)}`],
    ['null', 'null', 'with what is no completion: text/html, "null"'],
    ['a list', '[]', 'with what is no completion: text/html, "[]"'],
    ['no choices', '{}', 'with what is no completion: text/html, "{}"'],
    [
      'a choice of null',
      '{"choices":[null]}',
      'with what is no completion: text/html, "{\\"choices\\":[null]}"',
    ],
    [
      'a choice without a message',
      '{"choices":[{}]}',
      'with a choice without a message: text/html, "{\\"choices\\":[{}]}"',
    ],
  ])('is %s: the error has the status, the type of the content and what came', (_what, body, problem) => {
    const message = `"m" answered HTTP 200 ${problem}`;
    const details = { model: 'm', baseURL: asked.baseURL, status: 200 };
    for (const reading of [
      readWhole(body, { contentType: 'text/html' }),
      readChunks([body], { contentType: 'text/html' }),
    ])
      expect(reading.error).toMatchObject({ code: 'REQUEST_FAILED', message, details });
  });

  test.each([204, 200])('is an HTTP %i without a body', (status) => {
    const message = `"m" answered HTTP ${status} with what is no completion: an empty body`;
    expect(readWhole('', { status }).error).toMatchObject({ code: 'REQUEST_FAILED', message });
    expect(readChunks([], { status }).error).toMatchObject({ code: 'REQUEST_FAILED', message });
  });

  test.each([
    ['null', 'with an event that is no piece of a completion: text/event-stream, "null"'],
    ['oops', 'with an event that is no piece of a completion: text/event-stream, "oops"'],
    ['{"choices":[null]}', 'with a choice that is none: text/event-stream, "{\\"choices\\":[null]}"'],
  ])('is a stream with the event %s', (event, problem) => {
    expect(readEvents([withDelta({ content: 'Hi' }), event, finished]).error).toMatchObject({
      code: 'REQUEST_FAILED',
      message: `"m" answered HTTP 200 ${problem}`,
    });
  });

  test('is a stream without any choice', () => {
    const { error } = readEvents([{ choices: [], usage: {} }, '[DONE]']);
    expect(error?.message).toMatch(
      /^"m" answered HTTP 200 with a stream without any choice: text\/event-stream, /,
    );
  });

  test('is shown to 200 characters', () => {
    const { message = '' } = readWhole('x'.repeat(10_000)).error ?? {};
    expect(message).toMatch(/: application\/json, "x{199}…"$/);
  });
});

describe('an answer whose end is missing', () => {
  test('is ANSWER_CUT: half an answer is none', () => {
    const reading = readEvents([withDelta({ content: 'The answer is n' })]);
    expect(reading.pieces).toEqual(['The answer is n']);
    expect(reading.error).toMatchObject({
      code: 'ANSWER_CUT',
      message:
        '"m" answered HTTP 200, and its answer was cut: it ended after 15 characters without a finish reason',
    });
  });

  test.each([
    ['a finish reason', withDelta({}, 'stop')],
    ['[DONE]', '[DONE]'],
  ])('is none that ends with %s alone', (_what, end) => {
    expect(readEvents([withDelta({ content: 'Hi' }), end])).toMatchObject({ text: 'Hi', pieces: ['Hi'] });
  });
});

describe("a server's error", () => {
  test.each([null, false, '', {}])('is none where it is %j beside an answer', (error) => {
    expect(readWhole({ ...withMessage({ content: 'Paris' }), error }).text).toBe('Paris');
    expect(readEvents([{ ...withDelta({ content: 'Paris' }), error }, finished]).text).toBe('Paris');
  });

  test.each([
    [
      "in OpenAI's form",
      { error: { message: 'so it is', type: 't', code: 'c' } },
      { type: 't', serverCode: 'c' },
    ],
    ['as a text', { error: 'so it is' }, {}],
    [
      "in vLLM's old form",
      { object: 'error', message: 'so it is', type: 't', code: 400 },
      { type: 't', serverCode: '400' },
    ],
    ["in FastAPI's form", { detail: 'so it is' }, {}],
    ['as a message', { message: 'so it is' }, {}],
  ])('is shown with its status, %s', (_form, body, details) => {
    const { error } = readWhole(body, { status: 400 });
    expect(error).toMatchObject({ code: 'REQUEST_FAILED', message: '"m" answered 400 so it is' });
    expect(error?.details).toEqual({ model: 'm', baseURL: asked.baseURL, status: 400, ...details });
  });

  test.each([
    ['', '502 an empty body'],
    ['<h1>Bad gateway</h1>', '502 text/html, "<h1>Bad gateway</h1>"'],
  ])('with the body %j is shown as it came', (body, said) => {
    expect(readWhole(body, { status: 502, contentType: 'text/html' }).error?.message).toBe(
      `"m" answered ${said}`,
    );
  });

  test.each([
    [429, 429, 'slow down', '429 slow down (with HTTP 200)'],
    ['404', 404, 'no such model', '404 no such model (with HTTP 200)'],
    ['overloaded', undefined, 'busy', 'busy'],
    [undefined, undefined, 'busy', 'busy'],
  ])('that comes with HTTP 200 has the status of its code %j', (code, status, message, said) => {
    const body = { error: { message, code } };
    for (const reading of [
      readWhole(body),
      readWhole(withChoice({ error: body.error, finish_reason: 'error', message: { content: 'half' } })),
      readEvents([withDelta({ content: 'Hi' }), body]),
      readEvents([
        withDelta({ content: 'Hi' }),
        withChoice({ delta: {}, error: body.error, finish_reason: 'error' }),
      ]),
    ]) {
      expect(reading.error).toMatchObject({ code: 'REQUEST_FAILED', message: `"m" answered ${said}` });
      expect(reading.error?.details['status']).toBe(status);
    }
  });

  test('may be a finish reason alone, or an event of its own', () => {
    const ended = withChoice({ message: { content: 'half' }, finish_reason: 'error' });
    expect(readWhole(ended).error?.message).toBe('"m" answered that it ended with an error, and not which');
    const event = `event: error\ndata: the GPU is on fire\n\n`;
    expect(readChunks([event]).error?.message).toBe('"m" answered the GPU is on fire');
  });

  test.each([null, false, undefined])('is none where the field is %j', (error) => {
    expect(readWhole({ ...withMessage({ content: 'Hi' }), error }).text).toBe('Hi');
  });

  test('never has the key in it, nor escape codes that work, nor more than 2,000 characters', () => {
    keepSecret('a resource', asked.apiKey);
    const message = `\u001b[31mkey ${asked.apiKey} ${'long '.repeat(1000)}`;
    const { error } = readWhole({ error: { message } }, { status: 401 });
    expect(error?.message).toMatch(/^"m" answered 401 \\u001b\[31mkey \[redacted\] long /);
    expect(error?.message.length).toBeLessThanOrEqual(2020);
  });
});

describe('calls of tools', () => {
  const called = (written: unknown): object => ({
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: written } }],
  });

  test.each([
    ['a text', '{"city":"Oslo"}', { city: 'Oslo' }, '{"city":"Oslo"}'],
    ['an object', { city: 'Oslo' }, { city: 'Oslo' }, '{"city":"Oslo"}'],
    ['null', null, {}, ''],
    ['an empty text', '', {}, ''],
    ['what is no JSON', '{"city":', undefined, '{"city":'],
    ['JSON that is no object', '["Oslo"]', undefined, '["Oslo"]'],
  ])('have the arguments that come as %s', (_how, given, parsed, written) => {
    const call = { id: 'c1', name: 'weather', arguments: parsed, written };
    expect(readWhole(withMessage(called(given), 'tool_calls')).toolCalls).toEqual([call]);
    expect(readEvents([withDelta(called(given), 'tool_calls')]).toolCalls).toEqual([call]);
  });

  test('are put together from the pieces of a stream, by their index', () => {
    const piece = (index: number, given: object, id?: string): object =>
      withDelta({ tool_calls: [{ index, id, function: given }] });
    const { toolCalls } = readEvents([
      piece(0, { name: 'weather', arguments: '' }, 'a'),
      piece(1, { name: 'time' }, 'b'),
      piece(0, { arguments: '{"city":' }),
      piece(0, { arguments: '"Oslo"}' }),
      withDelta({}, 'tool_calls'),
    ]);
    expect(toolCalls).toEqual([
      { id: 'a', name: 'weather', arguments: { city: 'Oslo' }, written: '{"city":"Oslo"}' },
      { id: 'b', name: 'time', arguments: {}, written: '' },
    ]);
  });

  const written = (id: string, name: string, city: string): object => ({
    ...{ index: 0, id, type: 'function', function: { name, arguments: JSON.stringify({ city }) } },
  });
  const both = [
    { id: 'a', name: 'weather', arguments: { city: 'Oslo' }, written: '{"city":"Oslo"}' },
    { id: 'b', name: 'time', arguments: { city: 'Rome' }, written: '{"city":"Rome"}' },
  ];

  test('are several also where the server gives all of them the same index, or none', () => {
    const [a, b] = [written('a', 'weather', 'Oslo'), written('b', 'time', 'Rome')];
    expect(readWhole(withMessage({ tool_calls: [a, b] })).toolCalls).toEqual(both);
    expect(readEvents([withDelta({ tool_calls: [a, b] }), finished]).toolCalls).toEqual(both);
    for (const index of [0, undefined]) {
      const pieces = [a, b].map((call) => withDelta({ tool_calls: [{ ...call, index }] }));
      expect(readEvents([...pieces, finished]).toolCalls).toEqual(both);
    }
  });

  test.each([
    ['its id and its name again', { id: 'a', name: 'weather' }],
    ['another id, and no name', { id: 'r2', name: undefined }],
  ])('are one where each piece has %s', (_what, { id, name }) => {
    const piece = (given: object): object => withDelta({ tool_calls: [{ index: 0, id, function: given }] });
    const first = { index: 0, id: 'a', function: { name: 'weather', arguments: '{"city":' } };
    const pieces = [withDelta({ tool_calls: [first] }), piece({ name, arguments: '"Oslo"}' })];
    expect(readEvents([...pieces, finished]).toolCalls).toEqual(both.slice(0, 1));
  });

  test('may have the form that they had before tools', () => {
    const message = { content: null, function_call: { name: 'weather', arguments: '{}' } };
    expect(readWhole(withMessage(message)).toolCalls).toEqual([
      { id: undefined, name: 'weather', arguments: {}, written: '{}' },
    ]);
  });

  test.each([null, [], [null], 'none'])('are none where the server sends %j', (calls) => {
    expect(readWhole(withMessage({ content: 'Hi', tool_calls: calls })).toolCalls).toEqual([]);
  });
});

describe('token counts', () => {
  const counted = (usage: unknown): unknown => readWhole({ ...withMessage({ content: 'Hi' }), usage }).usage;

  test('are read where they are counts', () => {
    expect(counted({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 6 })).toEqual({
      promptTokens: 3,
      completionTokens: 2,
      totalTokens: 6,
    });
    expect(counted({ prompt_tokens: 0, completion_tokens: 0 })).toEqual({
      promptTokens: 0,
      completionTokens: 0,
      totalTokens: 0,
    });
  });

  test.each([
    null,
    {},
    [],
    'many',
    { prompt_tokens: '3', completion_tokens: 2 },
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: 1.5, completion_tokens: 2 },
    { prompt_tokens: null, completion_tokens: 2 },
    { prompt_tokens: {}, completion_tokens: 2 },
  ])('are not counted from %j', (usage) => {
    expect(counted(usage)).toBeUndefined();
  });

  test('may come in a chunk of their own, or with every piece, the last of which counts', () => {
    const count = (completion: number): object => ({ prompt_tokens: 3, completion_tokens: completion });
    const events = [
      { ...withDelta({ content: 'Hi' }), usage: count(1) },
      { ...finished, usage: null },
      { choices: [], usage: count(2) },
    ];
    expect(readEvents(events).usage).toEqual({ promptTokens: 3, completionTokens: 2, totalTokens: 5 });
  });
});

describe('a refusal of the model', () => {
  test('is what it says instead of a text', () => {
    const answer = readWhole(withMessage({ content: null, refusal: 'I cannot help with that.' }));
    expect(answer).toMatchObject({ text: '', refusal: 'I cannot help with that.' });
    const pieces = ['I cannot ', 'help with that.'].map((refusal) => withDelta({ content: null, refusal }));
    expect(readEvents([...pieces, finished])).toMatchObject(answer);
  });

  test.each([null, undefined, ''])('is none where the server says %j', (refusal) => {
    expect(readWhole(withMessage({ content: 'Hi', refusal })).refusal).toBeUndefined();
    expect(readEvents([withDelta({ content: 'Hi', refusal }), finished]).refusal).toBeUndefined();
  });
});

describe('names', () => {
  test.each([
    [withMessage({ content: 'Hi' }, 'length'), 'length', 'm-1'],
    [withMessage({ content: 'Hi' }, null), '', 'm-1'],
    [{ choices: [{ message: { content: 'Hi' } }] }, '', ''],
  ])('of the finish reason and the model are the server’s, or empty', (body, finishReason, model) => {
    expect(readWhole(body)).toMatchObject({ finishReason, model });
  });
});
