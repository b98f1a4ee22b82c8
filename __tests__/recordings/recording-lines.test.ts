import * as fc from 'fast-check';
import { answerLine, answerOf, wrongLine } from '../../src/recordings/recording-lines';

const same = (text: string): string => text;
const answer = (body: string | Uint8Array, contentType?: string) => ({
  ...{ status: 200, contentType, isPart: false },
  pieces: [typeof body === 'string' ? Buffer.from(body) : body],
});
const bodyOf = (line: ReturnType<typeof answerLine>): string =>
  Buffer.concat(answerOf(line).pieces).toString('latin1');

test('an answer in JSON is readable, and means the same', () => {
  const line = answerLine(answer('{"a": [1, "x"]}', 'application/json'), same);
  expect(line).toEqual({ status: 200, contentType: 'application/json', json: { a: [1, 'x'] } });
  expect(bodyOf(line)).toBe('{"a":[1,"x"]}');
});

test.each(['{"id": 12345678901234567890}', '{"p": 1e400}', '{"torn": ', 'no JSON', ''])(
  'an answer that JSON would change or does not know stays as it is: %s',
  (text) => {
    expect(bodyOf(answerLine(answer(text, 'application/json'), same))).toBe(text);
  },
);

test('a stream is given out event by event, as it came', () => {
  const events = ['data: {"a":1}\n\n', ': comment\r\n\r\n', 'event: x\ndata: ü\n\n', 'data: [DONE]'];
  const bytes = Buffer.from(events.join(''));
  const line = answerLine(
    {
      ...answer(bytes, 'text/event-stream; charset=utf-8'),
      pieces: [bytes.subarray(0, 35), bytes.subarray(35)],
    },
    same,
  );
  expect(answerOf(line).pieces.map((piece) => Buffer.from(piece).toString())).toEqual(events);
});

test('whatever bytes an answer has, it has them again', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const line = answerLine(answer(bytes, 'audio/mpeg'), same);
      expect(bodyOf(JSON.parse(JSON.stringify(line)) as typeof line)).toBe(
        Buffer.from(bytes).toString('latin1'),
      );
    }),
  );
});

test('an answer is kept without its secrets, and it is kept whether it is whole', () => {
  const line = answerLine({ ...answer('the key is k'), isPart: true }, (text) =>
    text.replace('key', '[redacted]'),
  );
  expect(line).toEqual({ status: 200, isPart: true, text: 'the [redacted] is k' });
  expect(answerOf(line)).toMatchObject({ isPart: true, contentType: undefined });
});

const header = { type: 'recording', schema: 1, name: 'a', spec: 'b:c' };
const call = {
  type: 'call',
  key: 'k',
  n: 0,
  request: { method: 'GET', path: '/', body: null },
  answer: { status: 200, text: '' },
};

test.each([
  [header, true],
  [call, false],
  [{ ...call, sample: 's', trial: 0 }, false],
  [{ ...call, answer: { status: 200, events: [] } }, false],
])('%j is a line', (line, isFirst) => {
  expect(wrongLine(line, isFirst)).toBeUndefined();
});

test.each([
  [null, true],
  [{ ...header, schema: 2 }, true],
  [{ ...header, name: undefined }, true],
  [call, true],
  [header, false],
  [{ ...call, key: 1 }, false],
  [{ ...call, n: 'x' }, false],
  [{ ...call, sample: 's' }, false],
  [{ ...call, request: { method: 'GET' } }, false],
  [{ ...call, answer: { text: '' } }, false],
  [{ ...call, answer: { status: 200 } }, false],
  [{ ...call, answer: { status: 200, events: [1] } }, false],
])('%j is none', (line, isFirst) => {
  expect(wrongLine(line, isFirst)).toEqual(expect.any(String));
});
