/** Whether every number is the expected one to ten digits: reference values come from other programs. */
export function expectNear(actual: number | readonly number[], expected: number | readonly number[]): void {
  const [got, wanted] = [[actual].flat(), [expected].flat()];
  const isNear = got.map((value, index) => {
    const reference = wanted[index] ?? NaN;
    return value === reference || Math.abs(value - reference) <= 1e-10 * Math.max(Math.abs(reference), 1e-3);
  });
  expect({ got, isNear }).toEqual({ got, isNear: wanted.map(() => true) });
}
