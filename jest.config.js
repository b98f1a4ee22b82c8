// The tests of the package itself. End-to-end tests run the real jest CLI on mini projects, in both modes.
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/kill/', '<rootDir>/__tests__/engines/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/package.json'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  testTimeout: 60_000,
  reporters: ['default'],
};
