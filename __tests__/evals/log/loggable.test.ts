import { loggable } from '../../../src/evals/log/loggable';
import { sample } from './records';

test('an input that JSON cannot hold is written as near as it comes, and nothing else changes', () => {
  const circle: Record<string, unknown> = { n: 1n };
  circle['self'] = circle;
  const record = sample({ input: circle as never });
  expect(loggable(record)).toEqual({ ...record, input: { n: 1, self: '[Circular]' } });
});

test.each([
  ['metadata', { metadata: { big: 1n } }],
  ['a noted fact', { log: { big: 1n } }],
  ['the metadata of a score', { scores: [{ name: 'x', value: true, metadata: { big: 1n } }] }],
])('%s that JSON cannot hold is an error of the sample, which keeps its answer', (_what, changes) => {
  const kept = loggable(sample({ response: 'kept', ...(changes as object) }));
  expect(kept).toMatchObject({
    response: 'kept',
    scores: [],
    error: {
      kind: 'user',
      message: expect.stringContaining('is no JSON: Do not know how to serialize') as string,
    },
  });
  expect(() => JSON.stringify(kept)).not.toThrow();
});
