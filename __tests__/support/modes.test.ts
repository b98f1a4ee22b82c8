import { chosenModes } from './modes.cjs';

test('end-to-end tests run in both modes, or in those that E2E_MODES names', () => {
  expect(chosenModes({})).toEqual(['in band', 'in workers']);
  expect(chosenModes({ E2E_MODES: '' })).toEqual(['in band', 'in workers']);
  expect(chosenModes({ E2E_MODES: 'in band' })).toEqual(['in band']);
  expect(chosenModes({ E2E_MODES: 'in workers, in band' })).toEqual(['in band', 'in workers']);
});

test.each(['inband', 'in band,', 'workers'])('%s is refused, with what can be set', (E2E_MODES) => {
  expect(() => chosenModes({ E2E_MODES })).toThrow(
    `E2E_MODES is '${E2E_MODES}', which is no mode of Jest. ` +
      "Set E2E_MODES='in band' or E2E_MODES='in workers', or leave it out for both.",
  );
});
