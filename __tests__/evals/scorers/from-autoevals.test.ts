import { fromAutoevals, type AutoevalsScore } from '../../../src/evals/scorers/from-autoevals';
import { caught } from '../../support/caught';

// The shape that autoevals 0.3 exports: https://github.com/braintrustdata/autoevals/blob/main/js/score.ts
type Scorer<Output, Extra> = (
  args: { output: Output; expected?: Output } & Extra,
) => AutoevalsScore | Promise<AutoevalsScore>;

const NumericDiff: Scorer<number, object> = ({ output, expected = 0 }) => ({
  name: 'NumericDiff',
  score: 1 - Math.abs(output - expected) / Math.max(output, expected),
});
const Factuality: Scorer<string, { input: string }> = async ({ output, expected, input }) => ({
  name: 'Factuality',
  score: input.includes('?') && output === expected ? 1 : 0,
  metadata: { rationale: 'same', at: new Date(0), model: undefined },
});

test('an autoevals scorer gets the answer as its output, and what is expected as the rest', async () => {
  expect(await fromAutoevals(NumericDiff)(3, { expected: 4 })).toEqual({
    name: 'NumericDiff',
    value: 0.75,
  });
});

test('its metadata comes along as JSON, and it makes checks', async () => {
  const check = fromAutoevals(Factuality)({ input: '12 + 7?', expected: '19' });
  expect(await check('20')).toMatchObject({ value: 0, metadata: { rationale: 'same' } });
  expect(await check('19')).toEqual({
    name: 'Factuality',
    value: 1,
    metadata: { rationale: 'same', at: '1970-01-01T00:00:00.000Z' },
  });
});

test('null is not applicable', async () => {
  const skipping = fromAutoevals((_args: { output: string }) => ({ name: 'skipping', score: null }));
  expect(await skipping('a', {})).toMatchObject({ value: null });
});

test.each<[unknown, string]>([
  [undefined, 'broken: it returned undefined; it must return { name, score }.'],
  [0.5, 'broken: it returned a number'],
  [{ name: 'broken' }, 'broken: it returned an object'],
  [{ name: 'broken', score: NaN }, 'broken: its value is NaN'],
])('%j is an error, not a 0', async (found, message) => {
  const broken = (_args: { output: string }): AutoevalsScore => found as AutoevalsScore;
  const error = await caught(fromAutoevals(broken)('a', {}));
  expect(error.code).toBe('SCORER_FAILED');
  expect(error.message).toContain(message);
});
