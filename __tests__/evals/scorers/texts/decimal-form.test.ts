import { decimalForm } from '../../../../src/evals/scorers/texts/decimal-form';

test.each([
  ['15e-1', ['1.5', '1.50', '0015e-1', '15E-1', '+1.5', '.15e1', '1.5e+0']],
  ['1e3', ['1000', '1e3', '1000.0', '0.1e4', '10E2']],
  ['0', ['0', '-0', '0.0', '0e9', '000', '-.0']],
  ['-9007199254740993e0', ['-9007199254740993', '-9007199254740993.000', '-9.007199254740993e15']],
  ['1e400', ['1e400', '10e399']],
])('%s is the form of %j', (form, written) => {
  expect(written.map(decimalForm)).toEqual(written.map(() => form));
});

test.each(['', '-', '.', 'e5', '1,5', '0x10', '1 2', 'NaN', '1e'])('%j has none', (written) => {
  expect(decimalForm(written)).toBeUndefined();
});
