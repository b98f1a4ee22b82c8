import { ModelProviderError } from '../base/errors';

/**
 * Tears every handle down, all at once and also when some fail.
 *
 * @throws the failure of the only teardown that fails; ModelProviderError `TEARDOWN_FAILED` with all failures
 *   of several.
 */
export async function teardownEach(handles: readonly { teardown(): Promise<void> }[]): Promise<void> {
  const results = await Promise.allSettled(handles.map((handle) => handle.teardown()));
  const reasons: unknown[] = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (reasons.length === 0) return;
  if (reasons.length === 1) throw reasons[0];
  throw new ModelProviderError(
    'TEARDOWN_FAILED',
    `${reasons.length} of ${handles.length} teardowns failed:\n${reasons.map((reason) => `- ${(reason as Error).message}`).join('\n')}`,
    { cause: new AggregateError(reasons) },
  );
}
