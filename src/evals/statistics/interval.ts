/** The bounds of a 95 % confidence interval, in the units of the values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
