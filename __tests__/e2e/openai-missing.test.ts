import { outcome } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// To the files of this project the package is not installed, but to one of them.
const hides = `
  const Module = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (name, parent, ...rest) => {
    if (name === 'openai' && !/has\\.eval\\.js$/.test(parent?.filename ?? ''))
      throw Object.assign(new Error("Cannot find module 'openai'"), { code: 'MODULE_NOT_FOUND' });
    return resolve.call(Module, name, parent, ...rest);
  };`;

const files = {
  'hides.js': hides,
  'lacks.eval.js': `
    const { withClient } = require('jest-model-provider');
    withClient(['embedded:novice'], (handle) => {
      test('generate', async () => {
        expect((await handle.client.generate('2 + 3', { maxTokens: 3 })).text).toBe('5');
      });
      test('stream', async () => {
        const pieces = [];
        for await (const piece of handle.client.stream('2 + 3', { maxTokens: 3 })) pieces.push(piece);
        expect(pieces.join('')).toBe('5');
      });
      test('the SDK', () => { handle.client.openai.models; });
      test('once more', () => { handle.client.openai.models; });
    });`,
  'has.eval.js': `
    const { withClient } = require('jest-model-provider');
    withClient(['embedded:novice'], (handle) => {
      test('its own SDK', () => {
        expect(handle.client.openai).toBeInstanceOf(require('openai').OpenAI);
        expect(handle.client.openai.name).toBe('of the project');
      });
    });`,
  'node_modules/openai/index.js': `exports.OpenAI = class { name = 'of the project'; };`,
};

describe.each(bothModes)('a project without the package openai, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(files, mode, { env: { NODE_OPTIONS: '--require ./hides.js' } });
  });

  test('has generate() and stream(), and leaves nothing behind', () => {
    for (const title of ['generate', 'stream'])
      expect(outcome(run, `embedded:novice ${title}`)).toMatchObject({ status: 'passed', message: '' });
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each(['the SDK', 'once more'])('is told by .openai what to install: %s', (title) => {
    expect(outcome(run, `embedded:novice ${title}`).message.split('\n')[0]).toBe(
      'ModelProviderError [DEPENDENCY_MISSING]: .openai is the client of the package openai, which is not installed. Run: npm i -D openai',
    );
  });

  test('gets the SDK that its spec gets, wherever that is installed', () => {
    expect(outcome(run, 'embedded:novice its own SDK')).toMatchObject({ status: 'passed', message: '' });
  });
});
