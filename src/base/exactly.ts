/** A number without the digits that rounding adds: 0.15 and not 0.15000000000000002. */
export function exactly(value: number): number {
  return Number(value.toPrecision(12));
}
