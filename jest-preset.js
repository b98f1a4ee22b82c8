'use strict';

const { createRequire } = require('node:module');

const extensions = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'];

// Jest evaluates this file once for all projects, so everything in it is shared and must not change.
module.exports = freeze({
  globalSetup: require.resolve('./dist/preset/global-setup.js'),
  globalTeardown: require.resolve('./dist/preset/global-teardown.js'),
  testEnvironment: require.resolve('./dist/preset/environment.js'),
  testSequencer: require.resolve('./dist/preset/sequencer.js'),
  reporters: ['default', require.resolve('./dist/preset/reporter.js')],
  testMatch: extensions.map((extension) => `**/*.eval.${extension}`),
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'json', 'node'],
  waitForUnhandledRejections: true,
  ...transform(),
});

/** TypeScript goes through ts-jest where both are installed; JavaScript keeps Jest's own transform. */
function transform() {
  const jestConfig = resolve('jest-config') ?? resolve('@jest/core');
  const babelJest = jestConfig && tryResolve(createRequire(jestConfig), 'babel-jest');
  const tsJest = resolve('typescript') && resolve('ts-jest');
  if (tsJest === undefined && babelJest === undefined) return {};
  return {
    transform: {
      '\\.[cm]?tsx?$':
        tsJest === undefined
          ? [require.resolve('./dist/preset/typescript-by-babel.js'), { babelJest }]
          : [tsJest, { transpilation: true }],
      ...(babelJest && { '\\.[cm]?jsx?$': babelJest }),
    },
  };
}

/** Looks from the project that runs Jest first, then from here: package managers place peers differently. */
function resolve(name) {
  return tryResolve(createRequire(`${process.cwd()}/`), name) ?? tryResolve(require, name);
}

function tryResolve(from, name) {
  try {
    return from.resolve(name);
  } catch {
    return undefined;
  }
}

function freeze(value) {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
