/**
 * A number that is written in digits, in one form for each value: `1.50`, `0015e-1` and `15E-1` are `15e-1`.
 * Doubles would take two long numbers for one. Undefined for what is no such number.
 */
export function decimalForm(written: string): string | undefined {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(written) ?? [];
  if (whole === '' && part === '') return undefined;
  const digits = (whole + part).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - part.length + digits.length - significant.length;
  return `${sign === '-' ? '-' : ''}${significant}e${power}`;
}
