// How much a bench measures. BENCH_SMOKE=1 makes every bench as small as possible: it then shows that it
// runs, and measures nothing.
export const isSmoke = process.env.BENCH_SMOKE === '1';

/** The size of a measurement: `full`, or in a smoke run `least`, which runs the same code. */
export function sized(full, least) {
  return isSmoke ? least : full;
}

/** The number of rounds: BENCH_ROUNDS, or by default `usual`, in a smoke run 1. */
export function roundsOr(usual) {
  return Number(process.env.BENCH_ROUNDS ?? sized(usual, 1));
}
