import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcome } from './noting-project';
import { bothModes, runJest, startJest } from './run-jest';

// The recipe for programs that speak over stdin and stdout.
const folder = join(__dirname, '../consumer/stdio');
const recipe = Object.fromEntries(
  ['model-providers.js', 'stdio-bridge.js', 'echo-server.js', 'echo.eval.js'].map((name) => [
    name,
    readFileSync(join(folder, name), 'utf8'),
  ]),
);
const config = { testEnvironmentOptions: { modelProviders: './model-providers.js' } };
const { 'echo.eval.js': _spec, ...provider } = recipe;

/** A spec that holds a program, and notes that it does. */
const holding = `
  const { withClient } = require('jest-model-provider');
  const { note, noted } = require('e2e-kit');
  withClient(['stdio:echo'], (handle) => {
    test('holds', async () => {
      await handle.client.call('echo', 1);
      note('holding');
      await noted('never');
    }, 600_000);
  });`;

describe.each(bothModes)('a program that speaks over stdin and stdout, %s', (mode) => {
  test('is used, and is lost with what it has printed if it ends', async () => {
    const run = await runJest(
      {
        ...recipe,
        'crash.eval.js': `
          const { withClient } = require('jest-model-provider');
          withClient(['stdio:echo'], (handle) => test('crashes', () => handle.client.call('crash')));`,
      },
      mode,
      { config },
    );
    expect({ left: run.left, exit: run.exit }).toEqual({ left: [], exit: 1 });
    expect(run.tests.filter(({ status }) => status !== 'passed').map(({ title }) => title)).toEqual([
      'stdio:echo crashes',
    ]);
    expect(outcome(run, 'stdio:echo crashes').message).toMatch(/RESOURCE_LOST[^]*asked to crash/);
  });

  test.each(['SIGINT', 'SIGKILL'] as const)('is gone after %s to the main process', async (signal) => {
    const jest = startJest({ ...provider, 'a.eval.js': holding, 'b.eval.js': holding }, mode, { config });
    const programs = mode === 'in band' ? 1 : 2;
    await jest.noted('holding', programs);
    expect(jest.serverGroups(/stdio-bridge/)).toHaveLength(programs);
    process.kill(signal === 'SIGINT' ? -jest.pid : jest.pid, signal);
    const run = await jest.finished();
    expect({ exit: run.exit, left: run.left }).toEqual({
      exit: signal === 'SIGINT' ? 130 : signal,
      left: [],
    });
  });
});
