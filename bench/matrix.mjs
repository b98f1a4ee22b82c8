import { command, copyModels } from './llama-server.mjs';
import { miniProject, runJest } from './mini-project.mjs';
import { sized } from './size.mjs';

const sizes = sized(
  [
    { files: 10, models: 3, places: 1 },
    { files: 10, models: 3, places: 2 },
    { files: 10, models: 5, places: 2 },
    { files: 50, models: 4, places: 1 },
  ],
  [{ files: 1, models: 2, places: 1 }],
);

/** llama-server clears its cache at the start, so that a small model with a large context starts slowly. */
const contextSize = sized(524_288, 256);

/**
 * N files × M models on C places with the real llama-server: loads and wall clock of `modelMatrix()`, against
 * files that start and stop each model in `beforeAll` and `afterAll`, one file after the other, as one place
 * allows.
 */
export async function matrix() {
  const rows = [];
  for (const size of sizes) {
    const byHand = await run(handWritten, size, '-i');
    for (const mode of ['-i', '-w=4']) {
      const ours = await run(withMatrix, size, mode);
      rows.push([
        `${size.files} files × ${size.models} models, ${size.places} place${size.places === 1 ? '' : 's'}, ${mode}`,
        'beforeAll, afterAll, -i',
        `${ours.loads} loads, ${seconds(ours.wallMs)}`,
        `${byHand.loads} loads, ${seconds(byHand.wallMs)}`,
        (ours.wallMs / byHand.wallMs).toFixed(2),
      ]);
    }
  }
  return rows;
}

async function run(write, size, mode) {
  const project = miniProject({});
  try {
    write(project, copyModels(project.directory, size.models), size);
    const { wallMs, output } = await runJest(project.directory, [mode]);
    return { wallMs, loads: Number(/LOADS (\d+)/.exec(output)?.[1]) };
  } finally {
    project.remove();
  }
}

function withMatrix(project, models, { files, places }) {
  const specs = JSON.stringify(models.map((path) => `llama:${path}`));
  project.write({
    ...fileCopies(
      files,
      `const { withClient } = require('jest-model-provider');
      withClient(${specs}, (handle) => {
        test('answers', async () => { await handle.client.generate('2 + 3', { maxTokens: 8 }); });
      });`,
    ),
    'providers.js': `
      const { defineProviders, LlamaServerProvider } = require('jest-model-provider');
      exports.default = defineProviders({
        llama: new LlamaServerProvider({ command: ${JSON.stringify(command)}, threads: 1, maxLive: ${places}, contextSize: ${contextSize} }),
      });`,
    'count-reporter.js': `
      const { sessionEvents } = require('jest-model-provider/session');
      module.exports = class { onRunComplete() {
        console.log('LOADS ' + sessionEvents().filter((event) => event.type === 'ready').length);
      } };`,
    'jest.config.js': `
      const { modelMatrix } = require('jest-model-provider/model-matrix');
      module.exports = modelMatrix(${specs}, {
        testTimeout: 60_000,
        testEnvironmentOptions: { modelProviders: './providers.js' },
        reporters: ['default', 'jest-model-provider/reporter', '<rootDir>/count-reporter.js'],
      });`,
  });
}

function handWritten(project, models, { files }) {
  project.write({
    ...fileCopies(
      files,
      `const { spawn } = require('node:child_process');
      const { once } = require('node:events');
      const { createServer } = require('node:net');
      const { setTimeout: sleep } = require('node:timers/promises');
      const OpenAI = require('openai');
      describe.each(${JSON.stringify(models)})('%s', (model) => {
        let server, client;
        beforeAll(async () => {
          const probe = createServer().listen(0, '127.0.0.1');
          await once(probe, 'listening');
          const { port } = probe.address();
          await new Promise((resolve) => probe.close(resolve));
          server = spawn(${JSON.stringify(command)}, ['-m', model, '--alias', 'm', '--host', '127.0.0.1', '--port', String(port),
            '-c', '${contextSize}', '-np', '1', '-t', '1', '--fit', 'off', '--offline'], { stdio: 'ignore' });
          for (;;) {
            const healthy = await fetch('http://127.0.0.1:' + port + '/health').then((answer) => answer.ok, () => false);
            if (healthy) break;
            await sleep(10);
          }
          client = new OpenAI({ baseURL: 'http://127.0.0.1:' + port + '/v1', apiKey: 'none' });
        }, 60_000);
        afterAll(async () => {
          const exit = once(server, 'exit');
          server.kill();
          await exit;
        });
        test('answers', async () => {
          await client.chat.completions.create({ model: 'm', max_tokens: 8, messages: [{ role: 'user', content: '2 + 3' }] });
        });
      });`,
    ),
    'count-reporter.js': `
      module.exports = class { onRunComplete(_contexts, { numPassedTests }) { console.log('LOADS ' + numPassedTests); } };`,
    'jest.config.js': `module.exports = {
      testMatch: ['**/*.eval.js'],
      testEnvironment: 'node',
      testTimeout: 60_000,
      reporters: ['default', '<rootDir>/count-reporter.js'],
    };`,
  });
}

function fileCopies(count, text) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`file-${index}.eval.js`, text]));
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
