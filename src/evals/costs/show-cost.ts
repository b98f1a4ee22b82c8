/** How an amount is written, in the currency of the prices: two decimals, and three digits of what is less than 1. */
export function showCost(amount: number): string {
  const digits =
    Math.abs(amount) < 1
      ? { maximumSignificantDigits: 3 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return amount.toLocaleString('en', digits);
}
