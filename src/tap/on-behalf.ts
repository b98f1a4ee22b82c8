import type { OnBehalf } from '../answers/waiting-fetch';
import { usualMaxWaitMs, type Caller } from '../pattern/model-calls';

/** A request waits as long as whoever calls may, and no longer than the lease. */
export function onBehalfOf(caller: Caller | undefined, lease: AbortSignal): OnBehalf {
  return {
    maxWaitMs: caller?.maxWaitMs ?? usualMaxWaitMs,
    get signals() {
      return caller === undefined ? [lease] : [lease, caller.signal];
    },
    waits: () => caller?.waits() ?? (() => undefined),
    gaveUp: () => caller?.gaveUp(),
  };
}
