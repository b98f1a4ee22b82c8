import { exactly } from '../../base/exactly';

/** What calls have cost together; undefined without any, and if that of one of them is not known. */
export function sampleCost(calls: readonly { readonly cost?: number }[] = []): number | undefined {
  let sum = 0;
  for (const { cost } of calls) {
    if (cost === undefined) return undefined;
    sum += cost;
  }
  return calls.length === 0 ? undefined : exactly(sum);
}
