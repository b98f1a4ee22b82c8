const jest = require('eslint-plugin-jest');

/** What registers evaluations and blocks, as `test` and `describe` do. */
const blocks = ['foreach', 'withClient', 'withClients'];

module.exports = [
  {
    files: ['**/*.eval.*'],
    ...jest.configs['flat/recommended'],
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/expect-expect': 'error',
      // A sample may hold `expect`: it is red if that fails.
      'jest/no-standalone-expect': ['error', { additionalTestBlockFunctions: ['foreach'] }],
      // Of the rules that are not recommended, these two know `describe` alone.
      'jest/require-hook': ['error', { allowedFunctionCalls: blocks }],
      'jest/require-top-level-describe': 'off',
    },
  },
];
