/** Says that a bench runs without a part of it, and why: scripts/bench-smoke.mjs shows these lines. */
export function leftOut(what, reason) {
  console.log(`left out: ${what}: ${reason}`);
}
