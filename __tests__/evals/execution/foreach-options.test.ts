import { checkOptions, type ForeachOptions } from '../../../src/evals/execution/foreach-options';
import { passAll, passAt } from '../../../src/evals/statistics/trials';

const check = (options: unknown): unknown => checkOptions('foreach()', options as ForeachOptions<never>);

test('what is not given has its default', () => {
  expect(check({})).toEqual({
    ...{ trials: 1, timeoutMs: 60_000, maxWaitMs: 300_000, stopAfterEqualErrors: 20 },
    ...{ retries: 2, onLost: 'stop', gate: {} },
  });
});

test('every option may be given', () => {
  const options = {
    title: 't',
    concurrency: 2,
    trials: 3,
    reduce: { right: passAt(3), other: passAll(2), mine: () => 1 },
    timeoutMs: 5,
    maxWaitMs: 0,
    stopAfterEqualErrors: 1,
    retries: 0,
    onLost: 'restartOnce',
    transcripts: 'none',
    gate: { right: { min: 0.5 } },
    statistics: { method: 'bootstrap', seed: -1, draws: 10 },
    samples: 2,
    shuffle: 0,
    filter: () => true,
    id: 'id',
  };
  expect(check(options)).toEqual(options);
  expect(check({ cluster: 'c' })).toMatchObject({ cluster: 'c' });
});

test.each<[unknown, string]>([
  [5000, 'foreach(): the options are a number; they must be an object, such as { timeoutMs: 5000 }.'],
  [null, 'foreach(): the options are null; they must be an object'],
  [{ concurency: 3 }, 'foreach(): there is no option concurency; did you mean concurrency.'],
  [{ mode: 3 }, 'foreach(): there is no option mode; there are title, concurrency, trials, reduce,'],
  [{ title: 7 }, 'title is 7; it must be a text'],
  [{ title: ' ' }, 'title is " "; it must be a text that is not empty.'],
  [{ trials: 0 }, 'trials is 0; it must be a whole number of at least 1'],
  [{ trials: '3' }, 'trials is "3"; it must be a whole number of at least 1'],
  [{ timeoutMs: 1.5 }, 'timeoutMs is 1.5; it must be a whole number of at least 1'],
  [{ timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648; it must be'],
  [{ maxWaitMs: -1 }, 'maxWaitMs is -1; it must be a whole number of at least 0'],
  [{ maxWaitMs: Infinity }, 'maxWaitMs is Infinity; it must be a whole number of at least 0'],
  [{ stopAfterEqualErrors: 0 }, 'stopAfterEqualErrors is 0; it must be a whole number of at least 1'],
  [{ retries: -1 }, 'retries is -1; it must be a whole number of at least 0'],
  [{ concurrency: 0 }, 'concurrency is 0; it must be a whole number of at least 1'],
  [{ onLost: 'retry' }, `onLost is "retry"; it must be 'stop' or 'restartOnce'`],
  [{ transcripts: true }, `transcripts is true; it must be 'all', 'failed' or 'none'`],
  [{ reduce: 3 }, 'reduce is 3; write { exactMatch: passAt(3) }'],
  [{ reduce: { right: 3 } }, 'reduce.right is 3; it must be a function of the trials of a sample'],
  [{ reduce: { right: passAt(3) } }, 'reduce.right needs 3 trials of each sample, and trials is 1'],
  [
    { trials: 3, reduce: { right: passAll(4) } },
    'reduce.right needs 4 trials of each sample, and trials is 3',
  ],
  [{ statistics: 5 }, 'statistics: the options are 5; they must be an object'],
  [{ statistics: { range: [0, 5] } }, 'statistics.range: each score has its own; write defineScorer('],
  [
    { statistics: { method: 'wilson' } },
    'statistics: method is "wilson"; it must be one of auto, t, bootstrap',
  ],
  [{ statistics: { draws: 0 } }, 'statistics: draws is 0'],
  [{ statistics: { seed: 0.5 } }, 'statistics: seed is 0.5; it must be a whole number'],
  [{ statistics: { method: 'bootstrap' }, cluster: 'c' }, 'the bootstrap does not know clusters'],
  [{ samples: 0 }, 'samples is 0; it must be a whole number of at least 1'],
  [{ gate: 0.8 }, 'foreach(): gate: it is 0.8; write { accuracy: { min: 0.8 } }'],
  [{ gate: null }, 'gate: it is null'],
  [{ gate: true }, 'gate: it is true'],
])('%j is refused before anything is asked', (options, message) => {
  expect(() => check(options)).toThrow(
    expect.objectContaining({ code: 'EVAL_INVALID', message: expect.stringContaining(message) as string }),
  );
});
