module.exports = {
  preset: 'jest-model-provider',
  setupFilesAfterEnv: ['jest-model-provider/application-env'],
};
