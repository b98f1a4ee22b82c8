module.exports = {
  preset: 'jest-model-provider',
  testEnvironmentOptions: { modelProviders: './model-providers.js' },
};
