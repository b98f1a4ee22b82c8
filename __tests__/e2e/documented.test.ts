import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPages, repository, type Page } from '../docs/pages';
import { eventually } from '../support/eventually';
import { leftBehind } from '../support/left-behind.cjs';
import { bothModes, runJest, type JestRun } from './run-jest';

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

describe.each(bothModes)('one project for the pages about getting started and databases, %s', (mode) => {
  const { 'remote.eval.js': _key, 'local.eval.js': _server, ...start } = filesOf('docs/getting-started.md');
  const databases = filesOf('docs/databases.md');
  const own = ['shop.sql', 'shop.eval.ts', 'isolation.eval.ts'];
  const files = {
    ...start,
    // The last configuration of the page reads it.
    '.env': 'REMOTE_API_KEY=none\n',
    ...Object.fromEntries(own.map((name) => [name, databases[name] ?? ''])),
  };
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(files, mode, {
      args: ['--config', 'jest.config.js'],
      env: { DATABASE_URL: '', PGHOST: '' },
    });
  });

  test('is green and leaves nothing', () => {
    const { exit, left, output } = run;
    expect({ exit, left, output: exit === 0 ? '' : output }).toEqual({ exit: 0, left: [], output: '' });
  });

  test('runs as the page for getting started has documented', () => {
    const titles = run.tests.map(({ title }) => title).filter((title) => title.startsWith('embedded:'));
    expect(titles.sort()).toEqual([
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
    expect(matrixOf(run.output).map((line) => line.slice(line.indexOf('exactMatch')))).toEqual([
      ...scores,
      ...scores,
    ]);
  });

  test('runs as the page about databases has documented', () => {
    const titles = run.tests.map(({ title }) => title).filter((title) => !title.startsWith('embedded:'));
    expect(titles.sort()).toEqual([
      'postgres:shop sells lamps',
      'postgres:shop test 1 finds the lamp and the desk, and nothing else',
      'postgres:shop test 2 finds the lamp and the desk, and nothing else',
    ]);
  });
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

test('the projects of the configuration page work, and a path with spaces does no harm', async () => {
  const { blocks } = pages.get('docs/configuration.md') as Page;
  const config = blocks.find(({ text }) => text.includes('projects: ['))?.text ?? '';
  const files = {
    'my project/several.config.js': config,
    'my project/a.eval.js': leases,
    'my project/b.test.js': `test('unit', () => undefined);`,
  };
  const args = ['--config', 'my project/several.config.js'];
  const { exit, tests, left } = await runJest(files, 'in band', { args });
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
  expect(tests.map(({ title }) => title).sort()).toEqual(['leases', 'unit']);
});

/** What `npm run eval` prints, with these further arguments. */
async function evalOutput(...args: string[]): Promise<string> {
  const [temporary, state] = [mkdtempSync(join(tmpdir(), 't-')), mkdtempSync(join(tmpdir(), 's-'))];
  const { NODE_OPTIONS: _flags, JEST_WORKER_ID: _inside, ...env } = process.env;
  const jest = join(repository, 'node_modules/jest/bin/jest.js');
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [jest, '--config', 'examples/jest.config.js', ...args],
    {
      cwd: repository,
      env: { ...env, TMPDIR: temporary, XDG_STATE_HOME: state },
    },
  );
  await eventually(() => leftBehind({ temporary, state }).length === 0);
  for (const directory of [temporary, state]) rmSync(directory, { recursive: true });
  return stderr;
}

test('npm run eval prints the matrix and the differences that the page about the output shows', async () => {
  const printed = await evalOutput();
  const shown = matrixOf(outputOf('docs/output.md'));
  expect(shown).toHaveLength(3);
  expect(matrixOf(printed)).toEqual(shown);
  expect(differencesOf(outputOf('docs/output.md'))).toHaveLength(4);
  expect(differencesOf(printed).sort()).toEqual(differencesOf(outputOf('docs/output.md')).sort());
});

test('the result that the README shows is printed, line by line but for the times, and fits into 100 columns', async () => {
  const { blocks } = pages.get('README.md') as Page;
  const result = blocks.find(({ attributes: { title } }) => title === 'npm run eval -- arithmetic');
  const shown = linesWithoutTimes(result?.text ?? '').filter((line) => line !== '…');
  expect(matrixOf(shown.join('\n'))).toHaveLength(1);
  expect(shown.at(-1)).toMatch(/left behind: nothing$/);
  expect(shown.filter((line) => line.length > 100)).toEqual([]);
  const printed = linesWithoutTimes(await evalOutput('arithmetic'));
  expect(printed.filter((line) => shown.includes(line))).toEqual(shown);
});

function linesWithoutTimes(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/\d+ ms/g, '… ms'));
}

// The private sessions of the suite run in Jest's VM, where no flag of Node gives them import().
const contractWithPort = `
  const { once } = require('node:events');
  const { connect } = require('node:net');
  const { ModelProvider } = require('jest-model-provider');
  const { describeProviderContract } = require('jest-model-provider/testing');
  const answers = async ({ port }) => {
    const socket = connect(port, '127.0.0.1');
    return await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)])
      .catch(() => false).finally(() => socket.destroy());
  };
  class PortProvider extends ModelProvider {
    constraints = { maxLive: 2, sharing: 'perLease', retain: 'lease', startTimeoutMs: 60_000, stopTimeoutMs: 60_000 };
    async createResource(name, _config, context) {
      if (name === '') throw new Error('no name');
      const port = await context.freePort();
      const code = \`require('node:net').createServer().listen(\${port}, '127.0.0.1')\`;
      await context.launch({ command: process.execPath, args: ['-e', code], graceMs: 0 });
      while (!(await answers({ port }))) context.signal.throwIfAborted();
      return { port };
    }
    async createClient({ port }) { return { ask: () => answers({ port }) }; }
  }
  describeProviderContract('PortProvider', () => new PortProvider(), {
    name: 'a', failing: { name: '' }, isAlive: answers, use: (client) => client.ask(),
  });`;

test('the provider of the writing-a-provider page keeps its contract, without a flag of Node', async () => {
  const examples = ['search-provider.ts', 'search-server.js', 'people.txt'].map((name) => [
    name,
    readFileSync(join(repository, 'examples', name), 'utf8'),
  ]);
  const name = 'search-provider.contract.eval.ts';
  const files = {
    ...Object.fromEntries(examples),
    [name]: filesOf('docs/writing-a-provider.md')[name],
    'port.contract.eval.js': contractWithPort,
  };
  const { exit, tests, output, left } = await runJest(files as Record<string, string>, 'in band');
  expect({ exit, left, output: exit === 0 ? '' : output }).toEqual({ exit: 0, left: [], output: '' });
  expect(tests.length).toBeGreaterThan(10);
});
