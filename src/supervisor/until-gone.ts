import { setTimeout as sleep } from 'node:timers/promises';
import { ModelProviderError } from '../base/errors';
import { isAlive, type ProcessIdentity } from '../process/os/process-identity';

const limitMs = 60_000;
const pollMs = 20;

/** @throws ModelProviderError `TEARDOWN_FAILED` if a supervisor that is ending does not end. */
export async function untilGone(supervisor: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (isAlive(supervisor)) {
    if (performance.now() > deadline) {
      throw new ModelProviderError(
        'TEARDOWN_FAILED',
        `The supervisor (pid ${supervisor.pid}) has not ended within ${limitMs} ms.`,
      );
    }
    await sleep(pollMs);
  }
}
