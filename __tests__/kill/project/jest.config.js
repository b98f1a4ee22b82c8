module.exports = {
  preset: 'jest-model-provider',
  testEnvironmentOptions: { modelProviders: './model-providers.js' },
  // Nothing here needs compiling: without this line a trial kills the compiler most of the time. It also
  // keeps Jest from writing its transform cache, during which it loses signals:
  // https://github.com/npm/write-file-atomic installs handlers for the time of a synchronous write, so
  // whatever comes meanwhile is delivered to nobody.
  transformIgnorePatterns: ['/'],
};
