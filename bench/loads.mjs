import { miniProject, runJest } from './mini-project.mjs';
import { sized } from './size.mjs';

// Two files at least, or `-w=2` would run in one process.
const sizes = sized(
  [
    { files: 10, models: 2, places: Infinity },
    { files: 10, models: 2, places: 1 },
  ],
  [{ files: 2, models: 2, places: 1 }],
);

/** How often models are loaded for N files × M models, with room for all of them and with one place. */
export async function loads() {
  const rows = [];
  for (const { files, models, places } of sizes) {
    for (const mode of ['-i', '-w=2']) rows.push(await count(files, models, places, mode));
  }
  return rows;
}

async function count(files, models, places, mode) {
  const names = ['novice', 'expert'].slice(0, models).map((name) => `embedded:${name}`);
  const spec = `
    const { withClient } = require('jest-model-provider');
    withClient(${JSON.stringify(names)}, (handle) => {
      test('answers', async () => { await handle.client.generate('2 + 3', { maxTokens: 1 }); });
    });`;
  const project = miniProject({
    ...Object.fromEntries(Array.from({ length: files }, (_, n) => [`file-${n}.eval.js`, spec])),
    'providers.js': `
      const { defineProviders, EmbeddedProvider } = require('jest-model-provider');
      exports.default = defineProviders({ embedded: new EmbeddedProvider({ maxLive: ${places} }) });`,
    'count-reporter.js': `
      const { sessionEvents } = require('jest-model-provider/session');
      module.exports = class { onRunComplete() {
        console.log('LOADS ' + sessionEvents().filter((event) => event.type === 'ready').length);
      } };`,
    'jest.config.js': `module.exports = {
      preset: 'jest-model-provider',
      testTimeout: 60_000,
      testEnvironmentOptions: { modelProviders: './providers.js' },
      reporters: ['default', '<rootDir>/count-reporter.js'],
    };`,
  });
  try {
    const { output } = await runJest(project.directory, [mode]);
    const loaded = Number(/LOADS (\d+)/.exec(output)?.[1]);
    const limit = places === Infinity ? 'no limit' : `${places} place`;
    return [
      `loads, ${files} files × ${models} models, ${limit}, ${mode}`,
      'one load per file and model',
      String(loaded),
      String(files * models),
      (loaded / (files * models)).toFixed(2),
    ];
  } finally {
    project.remove();
  }
}
