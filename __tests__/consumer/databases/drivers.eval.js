const { withClient } = require('jest-model-provider');
const { ways } = require('./drivers');

const partsOf = ({ host, port, user, password, database }) => ({ host, port, user, password, database });

const urlOf = ({ url }) => ({ url });
const all = Object.keys(ways);

// postgres.js looks for no socket in a URL.
const addresses = [
  ['port', 'a URL', urlOf, all],
  ['port', 'parts', partsOf, all],
  ['socket', 'a URL', urlOf, all.filter((name) => !name.includes('postgres.js'))],
  ['socket', 'parts', partsOf, all],
];

for (const [provider, what, addressOf, drivers] of addresses) {
  withClient([`${provider}:shop`], (handle) => {
    test.each(drivers)(`%s, by ${what}`, async (name) => {
      const rows = await ways[name](addressOf(handle.client));
      expect(rows.map((row) => row.name)).toContain('Écran');
    });
  });
}
