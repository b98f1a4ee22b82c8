import fc from 'fast-check';
import { exactSum } from '../../../src/evals/statistics/exact-sum';

/** The sum of numbers in units of 2^-1074, of which every number is a whole one. */
function inUnits(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const exponent = (bits.getUint16(0) >> 4) & 0x7ff;
  const fraction = bits.getBigUint64(0) & 0xfffffffffffffn;
  const whole = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return value < 0 ? -whole : whole;
}

/** Whether no other number is nearer to the sum, a tie being to even. */
function isRounded(sum: number, values: readonly number[]): boolean {
  const exact = values.reduce((total, value) => total + inUnits(value), 0n);
  const off = inUnits(sum) - exact;
  const size = (off < 0n ? -off : off) * 2n;
  const digits = inUnits(Math.abs(sum)).toString(2).length;
  const unit = 1n << BigInt(Math.max(0, digits - 53));
  const isEven = (inUnits(Math.abs(sum)) / unit) % 2n === 0n;
  return size < unit || (size === unit && isEven) || inUnits(sum) === exact;
}

const numbers = fc.oneof(
  fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(1, 2 ** -53, -(2 ** -53), 2 ** -106, 1e16, -1e16, 5e-324),
);

test('a sum is rounded once, whatever cancels out on the way', () => {
  expect(exactSum([1e16, 1, -1e16])).toBe(1);
  expect(exactSum([0.1, 0.2, 0.3, -0.6])).toBeCloseTo(2.7755575615628914e-17, 30);
  expect(exactSum([])).toBe(0);
  // Half of the last digit of 1, and a little more below it.
  for (const little of [2 ** -106, 5e-324]) expect(exactSum([1, little, 2 ** -53])).toBe(1 + 2 ** -52);
  fc.assert(fc.property(fc.array(numbers, { maxLength: 40 }), (all) => isRounded(exactSum(all), all)));
});

test('a sum is the same in every order', () => {
  const shuffled = fc
    .array(numbers, { minLength: 1, maxLength: 40 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(fc.property(shuffled, ([all, other]) => Object.is(exactSum(all) + 0, exactSum(other) + 0)));
});
