module.exports = { preset: 'jest-model-provider' };
