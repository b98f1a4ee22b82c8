/** How reports write a value of a score: `80.0 %` of right and wrong, `0.800` of others. */
export function showValue(value: number, isBinary: boolean): string {
  return isBinary ? `${(value * 100).toFixed(1)} %` : value.toFixed(3);
}

/** How reports write a p-value. */
export function showP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** How reports write a duration. */
export function showMs(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
