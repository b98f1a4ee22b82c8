import { type Gate, type GateSummary } from '../../../src/evals/statistics/gate';
import { evaluateGate } from '../../../src/evals/statistics/evaluate-gate';

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

test.each([
  ['samples', { samples: -1, errors: 0, scores: [] }],
  ['samples', { samples: Number.NaN, errors: 0, scores: [] }],
  ['errors', { samples: 3, errors: -1, scores: [] }],
  ['errors', { samples: 3, errors: 4, scores: [] }],
  ['cut', { samples: 3, errors: 0, scores: [], answers: { cut: 0.5, empty: 0 } }],
])('a number of %s that there cannot be is refused', (name, found) => {
  expect(() => evaluateGate({}, found)).toThrow(`evaluateGate(): ${name} is`);
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

  test.each([
    [{ maxCut: 2 }, { cut: 2, empty: 9 }, 'pass'],
    [{ maxCut: 2 }, { cut: 3, empty: 0 }, 'fail'],
    [{ maxCut: 0.02 }, { cut: 2, empty: 9 }, 'pass'],
    [{ maxCut: 0.02 }, { cut: 3, empty: 0 }, 'fail'],
    [{ maxEmpty: 0 }, { cut: 9, empty: 0 }, 'pass'],
    [{ maxEmpty: 0 }, { cut: 0, empty: 1 }, 'fail'],
    [{}, { cut: 99, empty: 99 }, 'pass'],
  ])('with %j, of 100 samples %j: %s', (gate, answers, expected) => {
    expect(outcome(gate, summary(0.9, 0.9, 0.9, { answers }))).toBe(expected);
  });

  test('a limit of cut or empty answers fails closed where no call was reported', () => {
    const unknown = (option: string): string =>
      `${option}: no call of the model was reported, so nothing is known of its answers; a client of your own reports them with reportCall()`;
    expect(evaluateGate({ maxCut: 5, maxEmpty: 5 }, summary(0.9, 0.9, 0.9))).toEqual({
      outcome: 'fail',
      reasons: [unknown('maxCut'), unknown('maxEmpty')],
    });
    expect(
      evaluateGate({ maxCut: 0 }, summary(0.9, 0.9, 0.9, { answers: { cut: 1, empty: 0 } })).reasons,
    ).toEqual(['1 of 100 samples have an answer that was cut at its limit of tokens, at most 0 allowed']);
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

test('a score that is missing in samples that ended fails closed, and says in how many', () => {
  const scores = [{ name: 'accuracy', count: 97, mean: 1, interval: { low: 1, high: 1 }, missing: 2 }];
  expect(evaluateGate({ accuracy: { min: 0.5 } }, { samples: 100, errors: 0, scores })).toEqual({
    outcome: 'fail',
    reasons: ['accuracy: missing in 2 of 100 samples that ended; a score that does not apply is null'],
    scores: ['accuracy'],
  });
});

test('the scores whose conditions decide are named, unless a condition of all decides too', () => {
  const both = [
    ...summary(0.9, 0.9, 0.9).scores,
    { name: 'style', count: 100, mean: 0.1, interval: { low: 0, high: 0.2 } },
  ];
  const gate: Gate = { accuracy: { min: 0.5 }, style: { min: 0.5 }, maxErrors: 0.01 };
  expect(evaluateGate(gate, summary(0, 0, 0, { scores: both })).scores).toEqual(['style']);
  expect(evaluateGate(gate, summary(0, 0, 0, { scores: both, errors: 2 })).scores).toBeUndefined();
  expect(evaluateGate({ accuracy: { min: 0.5 } }, summary(0, 0, 0, { scores: both })).scores).toBeUndefined();
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
    ['accuracy is null; write { min: 0.8', { accuracy: null } as unknown as Gate],
    ['accuracy is a Map; write { min: 0.8', { accuracy: new Map([['min', 1]]) } as unknown as Gate],
    ['accuracy is a Promise', { accuracy: Promise.resolve({ min: 0.8 }) } as unknown as Gate],
    ['it is a Promise; write { accuracy: { min: 0.8 } }', Promise.resolve({}) as unknown as Gate],
    ['it is a Map; write', new Map([['accuracy', { min: 0.8 }]]) as unknown as Gate],
    ['it is null; write', null as unknown as Gate],
    ['it is []; write', [] as unknown as Gate],
    ['perSample is a Map', { perSample: new Map([['accuracy', 1]]) } as unknown as Gate],
    [
      'vsBaseline is {"run":"a","allowReplayed":"no"}; write { run:',
      { vsBaseline: { run: 'a', allowReplayed: 'no' } } as unknown as Gate,
    ],
    ['vsBaseline is a Promise', { vsBaseline: Promise.resolve({ run: 'a' }) } as unknown as Gate],
    [
      'the bar of exactMatch is 80; its values go from 0 to 1, so that 0.8 is 80 %',
      { exactMatch: { min: 80 } },
    ],
    ['the bar of numeric is -0.5', { numeric: { min: -0.5 } }],
    ['the bar of choice is 1.5', { perSample: { choice: 1.5 } }],
    ['lower95, mean or upper95', unknown],
    ['maxErrors is 1.5; it must be a share below 1 or a whole number', { maxErrors: 1.5 }],
    ['maxErrors is -1', { maxErrors: -1 }],
    ['maxErrors is "0.5"', { maxErrors: '0.5' as never }],
    ['maxCut is 1.5; it must be a share below 1 or a whole number', { maxCut: 1.5 }],
    ['maxEmpty is null', { maxEmpty: null as never }],
    ['maxErrors is NaN', { maxErrors: NaN }],
    ['minSamples is 0; it must be a whole number of at least 1', { minSamples: 0 }],
  ])('%s', (message, gate) => {
    expect(() => evaluateGate(gate, summary(1, 1, 1))).toThrow(message);
  });
});
