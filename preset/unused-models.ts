import { ModelProviderError } from '../src/base/errors';
import { nearest } from '../src/base/nearest';

/** The part of Jest's results that matters here. */
export interface RunResults {
  readonly testResults: readonly {
    readonly testResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[];
  }[];
}

/**
 * An error if no test ran with one of the chosen models: a run that evaluates less than asked must not be
 * green.
 */
export function unusedModels(chosen: readonly string[], { testResults }: RunResults): Error | undefined {
  const tests = testResults.flatMap((file) => file.testResults);
  const titles = (ran: boolean): Set<string> =>
    new Set(
      tests
        .filter(({ status }) => !ran || status === 'passed' || status === 'failed')
        .flatMap(({ ancestorTitles }) => ancestorTitles),
    );
  const [used, known] = [titles(true), titles(false)];
  const unused = chosen.find((label) => !used.has(label));
  if (unused === undefined) return undefined;
  const close = nearest(unused, [...known]);
  const hint = known.has(unused)
    ? 'its tests were skipped. If its withClient stands in that of another model, name that one as well'
    : close === undefined
      ? 'no withClient() has that label'
      : `no withClient() has that label; did you mean "${close}"?`;
  return new ModelProviderError(
    'CONFIG_INVALID',
    `EVALS_MODELS names "${unused}", but nothing ran with it: ${hint}`.replace(/[^?]$/, '$&.'),
  );
}
