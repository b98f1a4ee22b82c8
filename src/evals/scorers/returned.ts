import { ModelProviderError } from '../../base/errors';
import { kindOf } from '../../base/kind-of';
import { isScore, Result, wrongScore, type Score } from './result';

/**
 * What a sample's function may return: a result, a bare score or several, or right and wrong or a number,
 * which is the score `score`.
 */
export type Returned = Result | Score | readonly Score[] | boolean | number;

/** A returned value, taken apart. */
export type Judged = Pick<Result, 'scores' | 'metadata'> & { readonly response: string | undefined };

/**
 * Takes what a sample's function returned apart.
 *
 * @throws ModelProviderError `EVAL_INVALID` for anything else than {@link Returned}.
 */
export function judged(returned: unknown): Judged {
  if (returned instanceof Result) return returned;
  if (typeof returned === 'boolean' || Number.isFinite(returned))
    return bare([{ name: 'score', value: returned as boolean | number }]);
  if (isScore(returned)) return bare([returned]);
  // The constructor refuses two of one name.
  if (Array.isArray(returned) && returned.length > 0 && returned.every(isScore))
    return bare(new Result('', returned).scores);
  const [wrong] = (Array.isArray(returned) ? returned : [returned]).flatMap((each) => wrongScore(each) ?? []);
  throw new ModelProviderError(
    'EVAL_INVALID',
    `returned ${typeof returned === 'number' ? returned : kindOf(returned)}${wrong === undefined ? '' : ` in which ${wrong}`}; return new Result(response, scores), a score, a boolean or a number`,
  );
}

function bare(scores: readonly Score[]): Judged {
  return { response: undefined, scores, metadata: undefined };
}
