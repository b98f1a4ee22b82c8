import { ModelProviderError } from '../../../src/base/errors';
import { errorEntry, errorKind } from '../../../src/evals/execution/error-kind';
import type { TrialOutcome } from '../../../src/evals/execution/run-trial';
import { StopRule } from '../../../src/evals/execution/stop-rule';
import type { SampleRecord } from '../../../src/evals/log/log-record';

const rule = (): StopRule => new StopRule({ maxWaitMs: 60_000, stopAfterEqualErrors: 3 }, () => []);

function refused(status: number, words = 'so it is', more: Partial<TrialOutcome> = {}): TrialOutcome {
  const cause = new ModelProviderError('REQUEST_FAILED', words, { details: { status } });
  return {
    record: { error: errorEntry(errorKind(cause, []), cause, __dirname) } as SampleRecord,
    cause,
    ...more,
  };
}

test('what is hopeless stops at once, with the words and what they mean, and says nothing about its sample', () => {
  expect(rule().failed(refused(401, 'wrong key\nat line 3'))).toEqual({
    reason: 'wrong key\nIt refuses the key.',
    isVoid: true,
  });
  expect(rule().failed(refused(429, 'slow down', { hasGivenUp: true }))).toEqual({
    reason:
      'slow down\nIt has answered nothing but 429 for longer than it may make a call wait (maxWaitMs: 60,000).',
    isVoid: true,
  });
});

test('the words of a refusal that another error wraps are said too', () => {
  const cause = new Error('no answer', { cause: Object.assign(new Error('slow down'), { status: 429 }) });
  const outcome = { ...refused(429), cause, hasGivenUp: true };
  expect(rule().failed(outcome)?.reason).toMatch(/^no answer: slow down\n/);
});

test('403 stops only before anything was answered', () => {
  const [first, later] = [rule(), rule()];
  expect(first.failed(refused(403))).toMatchObject({ isVoid: true });
  later.passed();
  expect(later.failed(refused(403))).toBeUndefined();
});

test('equal infrastructure errors stop in a row, and what is between them begins a new one', () => {
  const seen = rule();
  const failed = (status: number, words = `no capacity, try ${Math.random()}`): boolean =>
    seen.failed(refused(status, words)) !== undefined;
  expect([failed(503), failed(503)]).toEqual([false, false]);
  seen.passed();
  expect([failed(503), failed(503), failed(500)]).toEqual([false, false, false]);
  expect([failed(503), failed(503), failed(400)]).toEqual([false, false, false]);
  expect([failed(503), failed(503, 'no memory'), failed(503)]).toEqual([false, false, false]);
  expect(failed(503)).toBe(false);
  expect(seen.failed(refused(503, 'no capacity, try 7'))).toEqual({
    reason:
      'no capacity, try 7\nThese were 3 equal infrastructure errors in a row (stopAfterEqualErrors). EVALS_RERUN=errors runs them again.',
    isVoid: false,
  });
});
