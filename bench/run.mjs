// npm run bench: every figure against a named reference in the same run. BENCH_ROUNDS sets the number of
// pairs; names of benches as arguments run those alone.
import { leaseRoundTrip } from './lease-roundtrip.mjs';
import { loads } from './loads.mjs';
import { overhead } from './overhead.mjs';
import { readinessOvershoot } from './readiness-overshoot.mjs';
import { runBenches } from './run-benches.mjs';
import { roundsOr, sized } from './size.mjs';
import { tap } from './tap.mjs';

const rounds = roundsOr(7);
await runBenches({
  lease: () => leaseRoundTrip(rounds),
  // Quantiles need more rounds than medians.
  readiness: () => readinessOvershoot(Math.max(sized(24, 1), rounds * sized(4, 1))),
  overhead: () => overhead(rounds),
  loads,
  tap: () => tap(rounds),
});
