// The tests of the package itself. End-to-end tests run the real jest CLI on mini projects, in both modes.

// What takes its time because it starts processes. The scheduler of a session starts none.
const starting = '**/__tests__/{cli,process,providers,session,supervisor,testing}/**/*.test.ts';
const pure = '**/__tests__/session/scheduler/**/*.test.ts';

/** The tests of each tier, as `npm run test:<tier>` runs them; a later pattern overrides an earlier one. */
const tiers = {
  all: ['**/*.test.ts'],
  fast: ['**/*.test.ts', `!${starting}`, pure, '!**/e2e/**', '**/e2e/smoke.test.ts'],
  processes: [starting, `!${pure}`],
};

const { TEST_TIER = 'all' } = process.env;
if (!(TEST_TIER in tiers)) {
  throw new Error(`TEST_TIER is '${TEST_TIER}'; it must be one of ${Object.keys(tiers).join(', ')}.`);
}

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: tiers[TEST_TIER],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/kill/', '<rootDir>/__tests__/engines/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/package.json'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  globalSetup: './__tests__/support/global-setup.cjs',
  globalTeardown: './__tests__/support/global-teardown.cjs',
  // One for each processor: a test often waits for the processes that it has started.
  maxWorkers: '100%',
  testTimeout: 60_000,
  reporters: ['default'],
};
