/** How an amount is written, in the currency of the prices: two decimals, and three digits of what is less than 1. */
export function showCost(amount: number): string {
  const digits =
    Math.abs(amount) < 1
      ? { maximumSignificantDigits: 3 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return amount.toLocaleString('en', digits);
}

/** Calls of which nobody knows what they have cost. */
export function showUnpriced(calls: number): string {
  return `${calls.toLocaleString('en')} unpriced ${calls === 1 ? 'call' : 'calls'}`;
}
