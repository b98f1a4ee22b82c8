import fc from 'fast-check';
import { begin } from '../../src/answers/early-refusal';
import { leave, webResponse } from '../../src/base/http-answer';

const encoder = new TextEncoder();

function answer(pieces: readonly string[], type = 'text/event-stream', status = 200): Response {
  const left = pieces.map((piece) => encoder.encode(piece));
  const body = new ReadableStream({
    pull: (controller) => {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  return new Response(body, { status, headers: { 'content-type': type, 'retry-after': '3' } });
}

const slow = '{"error":{"code":429,"message":"slow"}}';
const refused = { status: 429, message: 'slow' };

test.each<[string, readonly string[], string, number]>([
  ['429', ['{"error":{"message":"slow"}}'], 'application/json', 429],
  ['429 in a body that comes with success', [slow], 'application/json; charset=utf-8', 200],
  ['429 in a choice', [`{"choices":[${slow}]}`], 'application/json', 200],
  ['429 in the first event', [`data: ${slow}\n\n`], 'text/event-stream', 200],
  ['429 after comments', [': wait\n\n', ': wait\n\n', `data: ${slow}\n\n`], 'text/event-stream', 200],
  [
    '429 in an event of its own',
    ['event: error\n', 'data: {"code":429,"message":"slow"}\r\n', '\r\n'],
    'text/event-stream',
    200,
  ],
  ['429 in an event without an end', [`data: ${slow}`], 'text/event-stream', 200],
])('%s is seen', async (_what, pieces, type, status) => {
  const { response, refusal } = await begin(answer(pieces, type, status));
  expect(refusal).toMatchObject(refused);
  expect(await webResponse(response).text()).toBe(pieces.join(''));
  expect(response.headers.get('retry-after')).toBe('3');
});

test.each<[string, readonly string[], string]>([
  ['an answer', ['{"choices":[{"message":{"content":"an error"}}],"error":null}'], 'application/json'],
  ['a later event', ['data: {"choices":[]}\n\n', `data: ${slow}\n\n`], 'text/event-stream'],
  ['a page', [`<p>error</p>${slow}`], 'text/html'],
  ['half an object', ['{"error":'], 'application/json'],
  ['an empty body', [], 'application/json'],
])('%s is none', async (_what, pieces, type) => {
  const { response, refusal } = await begin(answer(pieces, type));
  expect(refusal).toBeUndefined();
  expect(await webResponse(response).text()).toBe(pieces.join(''));
});

test('no more is read of an answer than a refusal would be long', async () => {
  let asked = 0;
  const body = new ReadableStream({
    pull: (controller) => {
      asked += 1;
      controller.enqueue(encoder.encode(' '.repeat(1000)));
    },
  });
  const { response, refusal } = await begin(
    new Response(body, { headers: { 'content-type': 'application/json' } }),
  );
  expect([refusal, asked < 25]).toEqual([undefined, true]);
  await leave(response);
});

test('leaving what was put together leaves the answer', async () => {
  let isLeft = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode('data: {}\n\n')),
    cancel: () => {
      isLeft = true;
    },
  });
  const { response } = await begin(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  await leave(response);
  expect(isLeft).toBe(true);
});

test('however an answer is cut into pieces, it is the same', async () => {
  const whole = `: ok ü\n\nevent: message\ndata: ${slow}\n\ndata: [DONE]\n\n`;
  const bytes = encoder.encode(whole);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const at = [0, ...cuts.sort((one, two) => one - two), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
      const body = new ReadableStream({
        start: (controller) => {
          for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece);
          controller.close();
        },
      });
      const { response, refusal } = await begin(
        new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      );
      expect([await webResponse(response).text(), refusal]).toEqual([
        whole,
        expect.objectContaining(refused),
      ]);
    }),
    { numRuns: 50 },
  );
});
