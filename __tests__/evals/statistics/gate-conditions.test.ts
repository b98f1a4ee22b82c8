import { type Gate, type GateSummary, type GateVerdict } from '../../../src/evals/statistics/gate';
import type { SampleScore } from '../../../src/evals/statistics/sample-score';
import { evaluateGate } from '../../../src/evals/statistics/evaluate-gate';

const values = (...list: (boolean | number)[]): SampleScore[] =>
  list.map((value, index) => ({ id: `s${index}`, value }));
const shares = (right: number, wrong: number): SampleScore[] =>
  values(...Array.from({ length: right + wrong }, (_, index) => index < right));

function judge(gate: Gate, samples: readonly SampleScore[], more: Partial<GateSummary> = {}): GateVerdict {
  const mean = samples.reduce((sum, { value }) => sum + Number(value), 0) / samples.length;
  const scores = [{ name: 'right', count: samples.length, mean, interval: { low: mean, high: mean } }];
  return evaluateGate(gate, {
    samples: samples.length,
    errors: 0,
    scores,
    samplesOf: new Map([['right', samples]]),
    ...more,
  });
}

describe('perSample', () => {
  it('fails for a sample below its bar, however good the mean is, and names it', () => {
    expect(judge({ perSample: { right: 0.5 } }, values(1, 1, 0.25, 1))).toEqual({
      outcome: 'fail',
      reasons: ['right: 1 of 4 samples have less than 0.5: s2 has 0.25'],
      scores: ['right'],
    });
  });

  it('passes if every sample is at its bar', () => {
    expect(judge({ perSample: { right: 0.5 } }, values(1, 0.5)).outcome).toBe('pass');
  });

  it('names five samples, the worst first', () => {
    const { reasons } = judge({ perSample: { right: 1 } }, values(0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0));
    expect(reasons[0]).toMatch(/: s6 has 0, s5 has 0\.1, s4 has 0\.2, s3 has 0\.3, s2 has 0\.4, and 2 more$/);
  });

  it.each([[[]], [undefined]])('fails closed without values: %p', (samples) => {
    const samplesOf = new Map(samples === undefined ? [] : [['right', samples]]);
    expect(judge({ perSample: { right: 0 } }, values(1), { samplesOf }).outcome).toBe('fail');
  });
});

describe('vsBaseline', () => {
  const against = (
    baseline: GateSummary['baseline'],
    now: readonly SampleScore[],
    maxDrop?: number,
  ): GateVerdict =>
    judge({ vsBaseline: { run: 'base', ...(maxDrop === undefined ? {} : { maxDrop }) } }, now, { baseline });
  const before = new Map([['right', shares(90, 10)]]);

  it('passes where no sample has become worse, also when there are few', () => {
    expect(against(before, shares(90, 10)).outcome).toBe('pass');
    expect(against(before, shares(91, 9)).outcome).toBe('pass');
    expect(against(new Map([['right', shares(1, 1)]]), shares(1, 1)).outcome).toBe('pass');
  });

  it('fails for what is surely worse, with the numbers', () => {
    const { outcome, reasons } = against(before, shares(40, 60));
    expect(outcome).toBe('fail');
    expect(reasons[0]).toMatch(
      /^right against the baseline "base": difference -0\.5, 95 % interval -0\.\d+ to -0\.\d+, n = 100/,
    );
  });

  it('is inconclusive for a drop that may be chance', () => {
    expect(against(before, shares(89, 11)).outcome).toBe('inconclusive');
  });

  it('is inconclusive without an interval, unless no sample has become worse', () => {
    const base = new Map([['right', values(0.5, 0.5, 0.5)]]);
    expect(against(base, values(0.49, 0.49, 0.49), 0.02)).toMatchObject({
      outcome: 'inconclusive',
      reasons: [
        'right against the baseline "base": difference -0.01, 95 % interval unknown to unknown, n = 3; it may drop by 0.02',
      ],
    });
    expect(against(base, values(0.6, 0.6, 0.6)).outcome).toBe('pass');
    expect(against(new Map([['right', values(0.5)]]), values(0.4), 0.2).outcome).toBe('inconclusive');
  });

  it.each([
    [undefined, 'a'],
    ['a', undefined],
    ['a', 'b'],
  ])('fails closed for a sample in the cluster %p now and in %p before', (now, was) => {
    const inCluster = (cluster: string | undefined): SampleScore[] =>
      shares(9, 1).map((sample) => ({ ...sample, ...(cluster !== undefined && { cluster }) }));
    const { outcome, reasons } = against(new Map([['right', inCluster(was)]]), inCluster(now));
    expect(outcome).toBe('fail');
    expect(reasons[0]).toMatch(/^right against the baseline "base": .*it must be the same in both/);
  });

  it('forgives a drop of maxDrop', () => {
    expect(against(before, shares(89, 11), 0.1).outcome).toBe('pass');
  });

  it('wants as many samples in common as there must be at all', () => {
    const gate = { vsBaseline: { run: 'base' }, minSamples: 20 };
    expect(judge(gate, shares(90, 10), { baseline: before }).outcome).toBe('pass');
    const few = new Map([['right', shares(10, 0)]]);
    expect(judge(gate, shares(90, 10), { baseline: few })).toEqual({
      outcome: 'fail',
      reasons: ['right against the baseline "base": 10 samples in common, at least 20 wanted'],
      scores: ['right'],
    });
  });

  it.each([
    ['a reason', 'it has no log', 'baseline "base": it has no log'],
    ['nothing', undefined, 'baseline "base": it was not read'],
    ['no scores', new Map(), 'baseline "base": it has no scores'],
    [
      'other samples',
      new Map([['right', [{ id: 'other', value: true }]]]),
      'right against the baseline "base": no sample in common',
    ],
    [
      'a score that is gone',
      new Map([['style', shares(1, 0)]]),
      'style against the baseline "base": no sample in common',
    ],
  ])('fails closed for a baseline with %s', (_what, baseline, reason) => {
    expect(against(baseline, shares(9, 1))).toMatchObject({ outcome: 'fail', reasons: [reason] });
  });
});
