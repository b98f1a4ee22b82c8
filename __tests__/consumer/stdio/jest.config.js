module.exports = {
  preset: 'jest-model-provider',
  testEnvironmentOptions: { modelProviders: '<rootDir>/model-providers.js' },
};
