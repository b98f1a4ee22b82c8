import { evaluateGate, type Gate, type GateSummary } from '../../../src/evals/statistics/gate';

function summary(low: number, mean: number, high: number, extra: Partial<GateSummary> = {}): GateSummary {
  const scores = [{ name: 'accuracy', count: 100, mean, interval: { low, high } }];
  return { samples: 100, errors: 0, scores, ...extra };
}

function outcome(gate: Gate, found: GateSummary): string {
  return evaluateGate(gate, found).outcome;
}

describe('by names the number that must reach the bar', () => {
  test.each([
    ['lower95', 0.81, 0.85, 0.9, 'pass'],
    ['lower95', 0.8, 0.85, 0.9, 'pass'],
    ['lower95', 0.75, 0.85, 0.9, 'inconclusive'],
    ['lower95', 0.7, 0.78, 0.8, 'inconclusive'],
    ['lower95', 0.6, 0.7, 0.79, 'fail'],
    ['mean', 0.7, 0.8, 0.9, 'pass'],
    ['mean', 0.7, 0.79, 0.9, 'fail'],
    ['upper95', 0.6, 0.7, 0.8, 'pass'],
    ['upper95', 0.6, 0.7, 0.79, 'fail'],
  ] as const)(
    '%s, for an interval from %f over %f to %f at a bar of 0.8: %s',
    (by, low, mean, high, expected) => {
      expect(outcome({ accuracy: { min: 0.8, by } }, summary(low, mean, high))).toBe(expected);
    },
  );

  test('lower95 is the default', () => {
    expect(outcome({ accuracy: { min: 0.8 } }, summary(0.75, 0.85, 0.9))).toBe('inconclusive');
  });
});

describe('what is not there does not pass', () => {
  const gate: Gate = { accuracy: { min: 0, by: 'upper95' } };

  test('no samples', () => {
    expect(evaluateGate({}, { samples: 0, errors: 0, scores: [] })).toEqual({
      outcome: 'fail',
      reasons: ['0 samples without an error, at least 1 wanted'],
    });
  });

  test('nothing but errors', () => {
    expect(outcome({ maxErrors: 3 }, { samples: 3, errors: 3, scores: [] })).toBe('fail');
  });

  test('no score of the name', () => {
    expect(evaluateGate(gate, { samples: 9, errors: 0, scores: [] }).reasons).toEqual([
      'accuracy: no sample has this score; the scores are: none',
    ]);
    expect(evaluateGate({ acuracy: { min: 0 } }, summary(1, 1, 1)).reasons).toEqual([
      'acuracy: no sample has this score; the scores are: accuracy',
    ]);
  });

  test.each([
    ['that applies to no sample', { count: 0, mean: null }],
    ['without a mean', { count: 3, mean: NaN }],
  ])('a score %s', (_what, score) => {
    const scores = [{ name: 'accuracy', ...score }];
    expect(outcome(gate, summary(0, 0, 0, { scores }))).toBe('fail');
  });

  test('an interval of a single value proves nothing', () => {
    const scores = [{ name: 'accuracy', count: 1, mean: 1 }];
    expect(outcome({ accuracy: { min: 0.5 } }, summary(0, 0, 0, { scores }))).toBe('inconclusive');
  });
});

describe('errors and samples', () => {
  test.each([
    [undefined, 0, 'pass'],
    [undefined, 1, 'fail'],
    [2, 2, 'pass'],
    [2, 3, 'fail'],
    [0.02, 2, 'pass'],
    [0.02, 3, 'fail'],
  ])('with maxErrors %s, %d errors of 100: %s', (maxErrors, errors, expected) => {
    const gate = maxErrors === undefined ? {} : { maxErrors };
    expect(outcome(gate, summary(0.9, 0.9, 0.9, { errors }))).toBe(expected);
  });

  test('fewer samples than minSamples fail, in all and for the score', () => {
    expect(outcome({ minSamples: 100 }, summary(0.9, 0.9, 0.9))).toBe('pass');
    expect(outcome({ minSamples: 101 }, summary(0.9, 0.9, 0.9))).toBe('fail');
    expect(outcome({ minSamples: 100, maxErrors: 1 }, summary(0.9, 0.9, 0.9, { errors: 1 }))).toBe('fail');
    const wider = summary(0.9, 0.9, 0.9, { samples: 500 });
    expect(evaluateGate({ minSamples: 200, accuracy: { min: 0.5 } }, wider).reasons).toEqual([
      'accuracy: 100 samples have a value, at least 200 wanted',
    ]);
  });
});

test('the worst condition decides, and the reasons are those with its outcome, with their numbers', () => {
  const gate: Gate = { accuracy: { min: 0.8 }, maxErrors: 0.01 };
  expect(evaluateGate(gate, summary(0.75, 0.85, 0.9)).reasons).toEqual([
    'accuracy: mean 0.85, 95 % interval 0.75 to 0.9, n = 100; lower95 must be at least 0.8',
  ]);
  expect(evaluateGate(gate, summary(0.75, 0.85, 0.9, { errors: 2 }))).toEqual({
    outcome: 'fail',
    reasons: ['2 of 100 samples ended in an error, at most 1 % allowed'],
  });
  expect(evaluateGate(gate, summary(0.85, 0.9, 0.95)).reasons).toHaveLength(3);
});

describe('a gate that says nothing clear is refused', () => {
  // @ts-expect-error there is no such number
  const unknown: Gate = { accuracy: { min: 0.8, by: 'median' } };

  const misspelt = { accuracy: { min: 0.8, bi: 'mean' } } as unknown as Gate;
  const baseline = { vsBaseline: { run: 'a', maxdrop: 0 } } as unknown as Gate;

  test.each<[string, Gate]>([
    ['accuracy: there is no option bi; did you mean by', misspelt],
    ['vsBaseline: there is no option maxdrop; did you mean maxDrop', baseline],
    ['accuracy is 0.8; write { min: 0.8', { accuracy: 0.8 }],
    ['maxError is 0.02', { maxError: 0.02 }],
    ['accuracy is {"min":null}', { accuracy: { min: NaN } }],
    ['lower95, mean or upper95', unknown],
    ['maxErrors is 1.5; it must be a share below 1 or a whole number', { maxErrors: 1.5 }],
    ['maxErrors is -1', { maxErrors: -1 }],
    ['maxErrors is NaN', { maxErrors: NaN }],
    ['minSamples is 0; it must be a whole number of at least 1', { minSamples: 0 }],
  ])('%s', (message, gate) => {
    expect(() => evaluateGate(gate, summary(1, 1, 1))).toThrow(message);
  });
});
