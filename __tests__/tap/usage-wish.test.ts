import { refusesWish, UsageFilter, withUsageWish } from '../../src/tap/usage-wish';

const stream = { model: 'm', stream: true, messages: [] };

describe('the wish for token counts', () => {
  test.each([
    ['/chat/completions', stream, { include_usage: true }],
    [
      '/chat/completions?x=1',
      { ...stream, stream_options: { chunks: 2 } },
      { chunks: 2, include_usage: true },
    ],
    ['/completions', { ...stream, stream_options: null }, { include_usage: true }],
    ['/chat/completions', { ...stream, stream_options: { include_usage: false } }, { include_usage: true }],
  ])('is added to a stream of %s that did not ask: %j', (path, body, options) => {
    expect(JSON.parse(withUsageWish(path, JSON.stringify(body)) ?? '')).toEqual({
      ...body,
      stream_options: options,
    });
  });

  test.each([
    ['/chat/completions', { ...stream, stream: false }],
    ['/chat/completions', { messages: [{ content: '"stream"' }] }],
    ['/chat/completions', { ...stream, stream_options: { include_usage: true } }],
    ['/messages', stream],
    ['/responses', stream],
  ])('is none of %s for %j', (path, body) => {
    expect(withUsageWish(path, JSON.stringify(body))).toBeUndefined();
  });

  test('is none of what is no JSON', () => {
    expect(withUsageWish('/chat/completions', '"stream" {')).toBeUndefined();
    expect(withUsageWish('/chat/completions', undefined)).toBeUndefined();
  });

  test.each([
    [400, 'unknown field stream_options', true],
    [422, 'include_usage: extra fields not permitted', true],
    [400, 'the prompt is too long', false],
    [500, 'stream_options', false],
  ])('is refused by HTTP %d that says %s: %s', (status, text, isRefused) => {
    expect(refusesWish(status, text)).toBe(isRefused);
  });
});

describe('the token counts in a stream', () => {
  const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
  const piece = event({ choices: [{ delta: { content: 'ü"usage"' } }], usage: null });
  const counts = event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } });

  /** What is left of a text that comes in pieces of `size` bytes. */
  function filtered(text: string, size: number): string {
    const [filter, decoder, bytes] = [new UsageFilter(), new TextDecoder(), new TextEncoder().encode(text)];
    let left = '';
    for (let at = 0; at < bytes.length; at += size)
      left += decoder.decode(filter.push(bytes.subarray(at, at + size)), { stream: true });
    return left + decoder.decode(filter.end());
  }

  test.each([1, 2, 3, 50, 10_000])('are taken out, and nothing else, in pieces of %d bytes', (size) => {
    const rest = `${piece}: a comment\n\n${piece}`;
    expect(filtered(`${rest}${counts}data: [DONE]\n\n`, size)).toBe(`${rest}data: [DONE]\n\n`);
    expect(filtered(`${rest}${counts}`.replaceAll('\n', '\r\n'), size)).toBe(rest.replaceAll('\n', '\r\n'));
  });

  test('stay where they come with a piece of the answer', () => {
    const both = event({ choices: [{ delta: {} }], usage: { prompt_tokens: 1, completion_tokens: 1 } });
    expect(filtered(`${piece}${both}`, 5)).toBe(`${piece}${both}`);
  });

  test('a last event without its empty line is passed on', () => {
    expect(filtered('data: [DONE]', 4)).toBe('data: [DONE]');
  });
});
