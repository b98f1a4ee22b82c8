export default {
  preset: 'jest-model-provider',
  testEnvironmentOptions: { modelProviders: './model-providers.js' },
};
