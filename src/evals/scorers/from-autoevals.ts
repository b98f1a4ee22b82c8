import type { Json } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { defineScorer, type Judgement, type Scorer } from './define-scorer';
import type { Score } from './result';

/**
 * What a scorer of autoevals is: a function of the answer as `output`, and of other arguments that it names.
 */
export type AutoevalsScorer<Arguments> = (given: Arguments) => AutoevalsScore | PromiseLike<AutoevalsScore>;

/** What it returns: a score from 0 to 1, or null if it does not apply. */
export interface AutoevalsScore {
  readonly name: string;
  readonly score: number | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * Makes a scorer of one from [autoevals](https://github.com/braintrustdata/autoevals) (or of any function
 * with its contract). What is expected is the object of its other arguments; the score is a promise.
 *
 * @throws ModelProviderError `SCORER_FAILED` when the scorer throws, or returns no score.
 * @example
 * import { Factuality } from 'autoevals';
 * const factuality = fromAutoevals(Factuality);
 * new Result(reply.text, await factuality(reply.text, { input: question, expected: answer }));
 */
export function fromAutoevals<Arguments extends { output: unknown }>(
  scorer: AutoevalsScorer<Arguments>,
): Scorer<Omit<Arguments, 'output'>, Arguments['output'], Promise<Score>> {
  return defineScorer(
    scorer.name || 'autoevals',
    async (output: Arguments['output'], rest: Omit<Arguments, 'output'>) =>
      judgementOf(await scorer({ ...rest, output } as unknown as Arguments)),
  );
}

function judgementOf(found: unknown): Judgement {
  if (typeof found !== 'object' || found === null || !('score' in found))
    throw new TypeError(`it returned ${kindOf(found)}; it must return { name, score }`);
  const { score, metadata } = found as AutoevalsScore;
  if (metadata === undefined) return score;
  // A foreign scorer may note anything; the log holds JSON.
  return { value: score, metadata: JSON.parse(JSON.stringify(metadata)) as Record<string, Json> };
}
