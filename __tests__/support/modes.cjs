'use strict';

const all = ['in band', 'in workers'];

/**
 * The modes of Jest in which end-to-end tests run: both, unless E2E_MODES names one, for a quick run on one's
 * own machine.
 *
 * @throws if E2E_MODES is no mode.
 */
function chosenModes({ E2E_MODES = '' } = process.env) {
  if (E2E_MODES === '') return all;
  const chosen = E2E_MODES.split(',').map((mode) => mode.trim());
  if (chosen.every((mode) => all.includes(mode))) return all.filter((mode) => chosen.includes(mode));
  const choice = all.map((mode) => `E2E_MODES='${mode}'`).join(' or ');
  throw new Error(
    `E2E_MODES is '${E2E_MODES}', which is no mode of Jest. Set ${choice}, or leave it out for both.`,
  );
}

module.exports = { chosenModes };
