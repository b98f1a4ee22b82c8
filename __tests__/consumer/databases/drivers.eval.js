const { withClient } = require('jest-model-provider');
const { ways } = require('./drivers');

const partsOf = ({ host, port, user, password, database }) => ({ host, port, user, password, database });

// A port is reached by a URL and by its parts, a socket by its parts; by a URL only where the driver can.
const addresses = [
  ['port', 'a URL', ({ url }) => ({ url })],
  ['port', 'parts', partsOf],
  ['socket', 'parts', partsOf],
];

for (const [provider, what, addressOf] of addresses) {
  withClient([`${provider}:shop`], (handle) => {
    test.each(Object.keys(ways))(`%s, by ${what}`, async (name) => {
      const rows = await ways[name](addressOf(handle.client));
      expect(rows.map((row) => row.name)).toContain('Écran');
    });
  });
}
