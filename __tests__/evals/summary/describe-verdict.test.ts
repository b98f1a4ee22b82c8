import { describeVerdict } from '../../../src/evals/summary/describe-verdict';
import type { EvalSummary } from '../../../src/evals/log/eval-summary';
import type { WorstSample } from '../../../src/evals/log/log-record';

const failed: WorstSample = { id: 'a', index: 0, trial: 0, input: '2 + 3', scores: [], error: 'no answer' };

/** What is said of these samples, below the head. */
function said(...worst: WorstSample[]): string[] {
  const summary = { samples: 9, errors: worst.length } as EvalSummary;
  const text = describeVerdict('sums', { outcome: 'fail', reasons: [] }, summary, worst, 'a.jsonl');
  return text.split('\n').slice(1, -1);
}

test('an error is followed by the line of the user, if one is known', () => {
  expect(said({ ...failed, thrownAt: 'sums.eval.ts:3:7' }, failed)).toEqual([
    '- sample 0: no answer (at sums.eval.ts:3:7)',
    '- sample 0: no answer',
  ]);
});

test('a line that somebody has written into a log is harmless', () => {
  expect(said({ ...failed, thrownAt: '\u001b[2J\nx' })).toEqual([
    String.raw`- sample 0: no answer (at \u001b[2J\nx)`,
  ]);
});

test('a gate that was judged on recorded answers says so', () => {
  const summary = { samples: 3, errors: 0, replayed: 2 } as EvalSummary;
  const verdict = { outcome: 'fail' as const, reasons: ['right: mean 0.2'] };
  expect(describeVerdict('sums', verdict, summary, [], 'a.jsonl')).toBe(
    [
      '"sums": the gate is not passed, judged on recorded answers.',
      'right: mean 0.2',
      'The log: a.jsonl',
    ].join('\n'),
  );
});
