import { keepSecret } from '../../src/base/secrets';
import type { Json } from '../../src/base/json';
import type { CallFacts } from '../../src/pattern/model-calls';
import type { RecordedAnswer } from '../../src/pattern/recordings';
import { webResponse } from '../../src/base/http-answer';
import { RecordedSender } from '../../src/tap/recorded-sender';

const url = 'http://127.0.0.1:1/v1/chat/completions';

/** A sender whose upstream answers with these pieces, and what it has kept. */
function live(pieces: readonly string[], { status = 200, type = 'text/plain', breaks = false } = {}) {
  const kept: RecordedAnswer[] = [];
  const left = pieces.map((piece) => Buffer.from(piece));
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(piece);
      else if (breaks) controller.error(new Error('reset'));
      else controller.close();
    },
  });
  const response = new Response(status === 204 ? null : body, { status, headers: { 'content-type': type } });
  const upstream = { exchange: () => Promise.resolve({ response, sentAt: 1, retries: 2 }) };
  const keep = (answer: RecordedAnswer): void => void kept.push(answer);
  const sender = new RecordedSender(upstream, { answer: undefined, miss: undefined, keep });
  const said = (): string[] =>
    kept.map(
      (answer) => `${answer.status} ${Buffer.concat(answer.pieces).toString()}${answer.isPart ? '…' : ''}`,
    );
  return { sender, said };
}

const facts = (more: Partial<CallFacts> = {}): CallFacts => ({ ms: 1, status: 200, ...more });
const bodies = (answer: Json = null) => ({ request: null, answer });

test('what is read is kept, and comes as it does', async () => {
  const { sender, said } = live(['one ', 'two']);
  const { response, retries, isReplayed } = await sender.exchange(url);
  expect([await webResponse(response).text(), retries, isReplayed]).toEqual(['one two', 2, undefined]);
  expect(said()).toEqual([]);
  sender.ended(facts(), bodies());
  expect(said()).toEqual(['200 one two']);
});

test('an answer without a body is kept', async () => {
  const { sender, said } = live([], { status: 204 });
  await sender.exchange(url);
  sender.ended(facts({ status: 204 }), bodies());
  expect(said()).toEqual(['204 ']);
});

test('an answer that breaks off is not kept, and an error that was read whole is', async () => {
  const { sender, said } = live(['one'], { breaks: true });
  await expect(webResponse((await sender.exchange(url)).response).text()).rejects.toThrow('reset');
  sender.ended(facts({ error: 'reset' }), bodies());
  expect(said()).toEqual([]);
  const refused = live(['too long'], { status: 400 });
  await webResponse((await refused.sender.exchange(url)).response).text();
  refused.sender.ended(facts({ status: 400, error: 'too long' }), bodies());
  expect(refused.said()).toEqual(['400 too long']);
});

test('an error that came with success is not kept', async () => {
  const { sender, said } = live(['{"error":{"message":"overloaded"}}']);
  await webResponse((await sender.exchange(url)).response).text();
  sender.ended(facts({ error: 'overloaded' }), bodies());
  expect(said()).toEqual([]);
});

test('of an answer that was left, that much is kept and replayed', async () => {
  const { sender, said } = live(['one ', 'two ', 'three']);
  const reader = (
    webResponse((await sender.exchange(url)).response).body as ReadableStream<Uint8Array>
  ).getReader();
  await reader.read();
  await reader.cancel();
  sender.ended(facts(), bodies());
  expect(said()).toEqual(['200 one …']);
});

test('a stream that spells a secret is not kept', async () => {
  keepSecret('a test', 'the-secret-of-the-test');
  const { sender, said } = live(['data: the-secret-\n\n', 'data: of-the-test\n\n'], {
    type: 'text/event-stream',
  });
  await webResponse((await sender.exchange(url)).response).text();
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
  sender.ended(facts(), bodies({ content: 'the-secret-of-the-test' }));
  expect(said()).toEqual([]);
  expect(warn.mock.calls).toEqual([[expect.stringContaining('not recorded')]]);
  warn.mockRestore();
});

describe('a recorded answer', () => {
  const replay = async (answer: Partial<RecordedAnswer>, signal?: AbortSignal) => {
    const upstream = { exchange: () => Promise.reject(new Error('asked')) };
    const recorded = { status: 200, contentType: 'text/plain', pieces: [], isPart: false, ...answer };
    const kept: unknown[] = [];
    const sender = new RecordedSender(upstream, {
      ...{ answer: recorded, miss: undefined, keep: (again) => void kept.push(again) },
    });
    const sent = await sender.exchange(url, signal === undefined ? {} : { signal });
    return { ...sent, kept, sender };
  };

  test('is given out piece by piece, asks nobody, and is not kept again', async () => {
    const pieces = ['one ', 'two'].map((piece) => Buffer.from(piece));
    const { response, isReplayed, sender, kept } = await replay({ status: 404, pieces });
    expect([isReplayed, response.status, response.headers.get('content-type')]).toEqual([
      true,
      404,
      'text/plain',
    ]);
    const reader = (webResponse(response).body as ReadableStream<Uint8Array>).getReader();
    expect(
      [await reader.read(), await reader.read(), await reader.read()].map(({ value }) => value?.toString()),
    ).toEqual([...[pieces[0]?.toString(), pieces[1]?.toString(), undefined]]);
    sender.ended(facts(), bodies());
    expect(kept).toEqual([]);
  });

  test('that was left does not end before the application has left again', async () => {
    const leaving = new AbortController();
    const { response } = await replay({ pieces: [Buffer.from('one')], isPart: true }, leaving.signal);
    const pieces = response.body?.[Symbol.asyncIterator]();
    await pieces?.next();
    const ended = jest.fn();
    const end = pieces?.next().catch(ended);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).not.toHaveBeenCalled();
    leaving.abort();
    await end;
    expect(ended).toHaveBeenCalled();
  });

  test('that was left ends with an error for whoever reads on', async () => {
    const { response } = await replay({ pieces: [Buffer.from('one')], isPart: true });
    await expect(webResponse(response).text()).rejects.toThrow('The recording ends here');
  }, 30_000);

  test('has no body where there is none', async () => {
    const { response } = await replay({ status: 204 });
    expect(webResponse(response).body).toBeNull();
  });
});
