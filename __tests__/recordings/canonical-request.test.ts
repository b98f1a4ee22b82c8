import type { Json } from '../../src/base/json';
import type { IgnoredPart } from '../../src/pattern/recording-mode';
import { canonicalRequest, type CanonicalRequest } from '../../src/recordings/canonical-request';

function request(body: Json | Uint8Array, ignored: readonly IgnoredPart[] = [], more = {}): CanonicalRequest {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  const asked = { method: 'POST', path: '/chat/completions', contentType: 'application/json', body: bytes };
  return canonicalRequest({ ...asked, ...more }, ignored);
}

const messages = [{ role: 'user', content: 'hello', id: 'a1' }];

test('the order of keys does not count, and everything else does', () => {
  const { key } = request({ model: 'm', messages });
  expect(request({ messages, model: 'm' }).key).toBe(key);
  expect(request({ model: 'm', messages, temperature: 0 }).key).not.toBe(key);
  expect(request({ model: 'other', messages }).key).not.toBe(key);
  expect(request({ model: 'm', messages }, [], { path: '/completions' }).key).not.toBe(key);
  expect(request({ model: 'm', messages }, [], { method: 'PUT' }).key).not.toBe(key);
  expect(request({ model: 'm', messages }, [], { method: 'post' }).key).toBe(key);
});

test('who asks, for what else, and how its tokens are counted does not count', () => {
  const { key, request: stored } = request({ model: 'm', messages });
  const besides = { user: 'u1', metadata: { a: 1 }, stream_options: { include_usage: true } };
  expect(request({ model: 'm', messages, ...besides })).toEqual({ key, request: stored });
});

test('what is at an ignored path does not count', () => {
  const other = [{ role: 'user', content: 'hello', id: 'b2' }];
  const ignored = [{ path: 'messages.*.id' }];
  expect(request({ messages: other }, ignored)).toEqual(request({ messages }, ignored));
  expect(request({ messages }, ignored).request.body).toEqual({
    messages: [{ role: 'user', content: 'hello' }],
  });
  expect(request({ messages: other }).key).not.toBe(request({ messages }).key);
  expect(request({ messages: other }, [{ path: 'messages.1.id' }]).key).not.toBe(request({ messages }).key);
});

test('what an ignored pattern matches does not count', () => {
  const at = (time: string): Json => ({ messages: [{ content: `It is ${time} now, ${time}.` }] });
  const ignored = [{ pattern: String.raw`\d\d:\d\d`, flags: '' }];
  expect(request(at('10:15'), ignored)).toEqual(request(at('11:20'), ignored));
  expect(request(at('10:15')).key).not.toBe(request(at('11:20')).key);
});

test('no secret is in what is stored, and a secret is no reason for another key', () => {
  const with_ = (secret: string): CanonicalRequest => {
    process.env['CANONICAL_REQUEST_KEY'] = secret;
    return request({ messages: [{ content: `my key is ${secret}` }] }, [], { path: `/x?key=${secret}` });
  };
  const first = with_('first-secret-of-mine');
  expect(JSON.stringify(first)).not.toContain('first-secret-of-mine');
  expect(with_('second-secret-of-mine')).toEqual(first);
});

test('an image is stored as its size and hash, and another image is another request', () => {
  const image = (fill: string): Json => ({ url: `data:image/png;base64,${fill.repeat(5000)}` });
  const { request: stored, key } = request(image('A'));
  expect(JSON.stringify(stored).length).toBeLessThan(300);
  expect(request(image('B')).key).not.toBe(key);
  expect(request({ text: 'a text with words '.repeat(500) }).request.body).toEqual({
    text: 'a text with words '.repeat(500),
  });
});

test('a form is the same with another boundary, and another with another file', () => {
  const form = (boundary: string, file: string): CanonicalRequest =>
    request(Buffer.from(`--${boundary}\r\n\r\n${file}\r\n--${boundary}--`), [], {
      contentType: `multipart/form-data; boundary=${boundary}`,
    });
  expect(form('abc', 'sound')).toEqual(form('xyz', 'sound'));
  expect(form('abc', 'sound').key).not.toBe(form('abc', 'noise').key);
});

test('a request without a body has none', () => {
  expect(request(Buffer.alloc(0), [], { method: 'GET', path: '/models' }).request).toEqual({
    method: 'GET',
    path: '/models',
    body: null,
  });
});
