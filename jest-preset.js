'use strict';

const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { SourceTextModule } = require('node:vm');

const { isOfModulePackage } = require('./dist/preset/module-format.js');
const { dependencies, peerDependencies } = require('./package.json');

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
  resolver: require.resolve('./dist/preset/resolver.js'),
  extensionsToTreatAsEsm: extensionsOfEsModules(),
  waitForUnhandledRejections: true,
  unmockedModulePathPatterns: ownModules(),
  ...transform(),
});

/** Without --experimental-vm-modules Jest loads no ES modules, and TypeScript is compiled to CommonJS. Jest knows `.mjs` and `.js` itself. */
function extensionsOfEsModules() {
  if (SourceTextModule === undefined) return [];
  return isOfModulePackage(process.cwd()) ? ['.mts', '.ts', '.tsx', '.jsx'] : ['.mts'];
}

/**
 * TypeScript goes through ts-jest where both are installed, one file at a time and without type checks: those are the compiler's.
 * JavaScript keeps Jest's own transform.
 */
function transform() {
  const jestCore = resolve('@jest/core') ?? resolveFrom(resolve('jest'), '@jest/core');
  const babelJest = resolveFrom(resolve('jest-config') ?? resolveFrom(jestCore, 'jest-config'), 'babel-jest');
  const tsJest = resolve('typescript') && resolve('ts-jest');
  if (babelJest === undefined && tsJest === undefined) return {};
  return {
    transform: {
      '\\.[cm]?tsx?$':
        tsJest === undefined
          ? [require.resolve('./dist/preset/typescript-by-babel.js'), { babelJest }]
          : [
              require.resolve('./dist/preset/typescript-by-ts-jest.js'),
              { tsJest, useESM: true, tsconfig: compilerOptions() },
            ],
      ...(babelJest && { '\\.[cm]?jsx?$': babelJest }),
    },
  };
}

// ts-jest lays these over the project's tsconfig.json. (Its option `isolatedModules` does the first of them, with a warning.)
// Without esModuleInterop a default import of a CommonJS or JSON file, which bundlers and TypeScript 6 take for granted, is undefined.
function compilerOptions() {
  const always = { isolatedModules: true, esModuleInterop: true };
  return hasTsconfig(process.cwd())
    ? always
    : { ...always, target: 'es2022', module: 'esnext', jsx: 'react-jsx' };
}

function hasTsconfig(directory) {
  if (existsSync(join(directory, 'tsconfig.json'))) return true;
  return dirname(directory) !== directory && hasTsconfig(dirname(directory));
}

/** Looks from the project that runs Jest first, then from here: package managers place peers differently. */
function resolve(name) {
  return tryResolve(createRequire(`${process.cwd()}/`), name) ?? tryResolve(require, name);
}

/** What a package depends on, where package managers let nobody else find that. */
function resolveFrom(file, name) {
  return file && tryResolve(createRequire(file), name);
}

function tryResolve(from, name) {
  try {
    return from.resolve(name);
  } catch {
    return undefined;
  }
}

/** This package and what it loads: with `automock` they stay as they are. */
function ownModules() {
  const packages = Object.keys({ ...dependencies, ...peerDependencies }).map(
    (name) => `/node_modules/${name}/`,
  );
  return [join(__dirname, 'dist', '/'), ...packages].map(escaped);
}

function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function freeze(value) {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
