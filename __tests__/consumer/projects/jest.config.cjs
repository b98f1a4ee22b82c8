module.exports = {
  reporters: ['default', 'jest-model-provider/reporter'],
  testSequencer: 'jest-model-provider/sequencer',
  projects: ['<rootDir>/evals', '<rootDir>/units'],
};
