import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPages, repository, type Page } from '../docs/pages';
import { leftBehind } from './left-behind';
import { bothModes, runJest } from './run-jest';

const pages = new Map(readPages().map((page) => [page.path, page]));

/** The files that a page tells its reader to write, by name. */
function filesOf(path: string): Record<string, string> {
  const { blocks } = pages.get(path) as Page;
  return Object.fromEntries(
    blocks.flatMap(({ language, attributes: { title }, text }) =>
      title === undefined || language === 'text' ? [] : [[title, text]],
    ),
  );
}

/** The lines of the evaluation matrix in a text, with single spaces. */
function matrixOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^│[^│]*│[^│]*│ +\d+ +│/.test(line) && line.includes('exactMatch'))
    .map((line) => line.replaceAll(/ +/g, ' '));
}

/** The lines of the table of differences in a text, with single spaces. */
function differencesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('│') && line.includes(' − '))
    .map((line) => line.replaceAll(/ +/g, ' '));
}

function outputOf(path: string): string {
  const shown = (pages.get(path) as Page).blocks.find(({ attributes }) =>
    attributes['title']?.startsWith('np'),
  );
  return shown?.text ?? '';
}

test.each(bothModes)('the project of the getting-started page runs as documented, %s', async (mode) => {
  const { 'remote.eval.js': _key, 'local.eval.js': _server, ...files } = filesOf('docs/getting-started.md');
  const { exit, output, tests, left } = await runJest(files, mode, { args: ['--config', 'jest.config.js'] });
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
  expect(tests.map(({ title }) => title).sort()).toEqual([
    'embedded:expert answers on one line',
    'embedded:expert foreach question, answer',
    'embedded:expert foreach question, answer',
    'embedded:novice answers on one line',
    'embedded:novice foreach question, answer',
    'embedded:novice foreach question, answer',
  ]);
  const scores = matrixOf(outputOf('docs/getting-started.md')).map((line) =>
    line.slice(line.indexOf('exactMatch')),
  );
  expect(scores).toHaveLength(1);
  expect(matrixOf(output).map((line) => line.slice(line.indexOf('exactMatch')))).toEqual([
    ...scores,
    ...scores,
  ]);
});

const leases = `const { modelProviders } = require('jest-model-provider');
  test('leases', async () => {
    const handle = await modelProviders.setup('embedded:novice');
    expect((await handle.client.generate('What is 6 + 1?', { temperature: 0 })).text).toMatch(/^\\d+$/);
    await handle.teardown();
  });`;

test('the globalSetup and the environment of the configuration page work', async () => {
  const files = filesOf('docs/configuration.md');
  const own = ['global-setup.ts', 'global-teardown.ts', 'my-environment.js'] as const;
  const { exit, output, left } = await runJest(
    {
      ...Object.fromEntries(own.map((name) => [name, files[name] ?? ''])),
      'own.eval.js': `${leases}\ntest('has the environment', () => expect(startedAt).toBeGreaterThan(0));`,
    },
    'in workers',
    {
      config: {
        globalSetup: './global-setup.ts',
        globalTeardown: './global-teardown.ts',
        testEnvironment: './my-environment.js',
      },
    },
  );
  expect({ exit, left, output: exit === 0 ? '' : output }).toEqual({ exit: 0, left: [], output: '' });
});

test('the projects of the configuration page work', async () => {
  const { blocks } = pages.get('docs/configuration.md') as Page;
  const config = blocks.find(({ text }) => text.includes('projects: ['))?.text ?? '';
  const files = {
    'several.config.js': config,
    'a.eval.js': leases,
    'b.test.js': `test('unit', () => undefined);`,
  };
  const { exit, tests, left } = await runJest(files, 'in band', { args: ['--config', 'several.config.js'] });
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
  expect(tests.map(({ title }) => title).sort()).toEqual(['leases', 'unit']);
});

test('a path with spaces does no harm', async () => {
  const { 'jest.config.js': config = '', 'sums.eval.js': spec = '' } = filesOf('docs/getting-started.md');
  const files = { 'my project/jest.config.js': config, 'my project/sums.eval.js': spec };
  const { exit, left } = await runJest(files, 'in band', { args: ['--config', 'my project/jest.config.js'] });
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
});

test('npm run eval prints the matrix that the README shows', async () => {
  const [temporary, state] = [mkdtempSync(join(tmpdir(), 't-')), mkdtempSync(join(tmpdir(), 's-'))];
  const { NODE_OPTIONS: _flags, JEST_WORKER_ID: _inside, ...env } = process.env;
  const jest = join(repository, 'node_modules/jest/bin/jest.js');
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [jest, '--config', 'examples/jest.config.js'],
    {
      cwd: repository,
      env: { ...env, TMPDIR: temporary, XDG_STATE_HOME: state },
    },
  );
  const shown = matrixOf(outputOf('README.md'));
  expect(shown).toHaveLength(3);
  expect(matrixOf(stderr)).toEqual(shown);
  expect(differencesOf(outputOf('README.md'))).toHaveLength(4);
  expect(differencesOf(stderr).sort()).toEqual(differencesOf(outputOf('README.md')).sort());
  expect(leftBehind({ temporary, state })).toEqual([]);
  for (const directory of [temporary, state]) rmSync(directory, { recursive: true });
});

test('the provider of the writing-a-provider page keeps its contract', async () => {
  const examples = ['search-provider.ts', 'search-server.js', 'people.txt'].map((name) => [
    name,
    readFileSync(join(repository, 'examples', name), 'utf8'),
  ]);
  const name = 'search-provider.contract.eval.ts';
  const files = { ...Object.fromEntries(examples), [name]: filesOf('docs/writing-a-provider.md')[name] };
  const { exit, tests, output, left } = await runJest(files as Record<string, string>, 'in band', {
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
  });
  expect({ exit, left, output: exit === 0 ? '' : output }).toEqual({ exit: 0, left: [], output: '' });
  expect(tests.length).toBeGreaterThan(10);
});

test.each(bothModes)('the specs of the page about databases run as documented, %s', async (mode) => {
  const {
    'shop.sql': schema = '',
    'shop.eval.ts': shop = '',
    'isolation.eval.ts': isolation = '',
  } = filesOf('docs/databases.md');
  const files = { 'shop.sql': schema, 'shop.eval.ts': shop, 'isolation.eval.ts': isolation };
  const { exit, tests, left } = await runJest(files, mode, { env: { DATABASE_URL: '', PGHOST: '' } });
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
  expect(tests.map(({ title }) => title).sort()).toEqual([
    'postgres:shop sells lamps',
    'postgres:shop test 1 finds the lamp and the desk, and nothing else',
    'postgres:shop test 2 finds the lamp and the desk, and nothing else',
  ]);
});
