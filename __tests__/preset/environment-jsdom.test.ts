import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const environment = join(__dirname, '../../dist/preset/environment-jsdom.js');

// As in a project without it.
const script = `
  const { Module } = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (name, ...rest) {
    if (name === 'jest-environment-jsdom') throw new Error('Cannot find module');
    return resolve.call(this, name, ...rest);
  };
  try {
    require(${JSON.stringify(environment)});
  } catch ({ code, message }) {
    console.log(code + ': ' + message);
  }`;

test('without jest-environment-jsdom the error says what to install', () => {
  const output = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect(output.trim()).toBe(
    'DEPENDENCY_MISSING: jest-model-provider/environment-jsdom needs jest-environment-jsdom, which is not installed. Run: npm i -D jest-environment-jsdom',
  );
});
