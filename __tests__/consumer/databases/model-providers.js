const { DatabaseProvider, defineProviders } = require('jest-model-provider');

const options = { server: 'embedded', schemas: { shop: './shop.sql', empty: () => undefined } };

module.exports = defineProviders({
  port: new DatabaseProvider({ ...options, listen: '127.0.0.1' }),
  socket: new DatabaseProvider(options),
});
