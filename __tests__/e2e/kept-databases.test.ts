/** @jest-environment jest-model-provider/environment */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { ask, databaseSession, ourDatabases } from '../providers/database/own-server';
import { outcome, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

closeSessionsAfterEach();

const files = (options: string): Record<string, string> => ({
  'providers.js': `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    module.exports = defineProviders({ postgres: new DatabaseProvider(${options}) });`,
  'a.eval.js': spec(`
    const write = (handle, text) => handle.client.query("CREATE TABLE t AS SELECT '" + text + "' AS text");
    withClient(['postgres:block'], (handle) => {
      test('writes and fails', async () => { await write(handle, 'of the block'); throw new Error('red'); });
      test('passes', () => undefined);
    });
    withClient(['postgres:each'], { scope: 'test' }, (handle) => {
      test('fails by itself', async () => { await write(handle, 'of a test'); expect(1).toBe(2); });
      test('passes by itself', async () => { await write(handle, 'dropped'); });
    });
    withClient(['postgres:green'], (handle) => {
      test('passes as well', async () => { await write(handle, 'dropped'); });
    });
    test('fails with nothing leased', () => { throw new Error('red'); });
    test('leaves its lease to the file', async () => {
      await write(await modelProviders.setup('postgres:open'), 'left open');
      throw new Error('red');
    });
    withClient(['postgres:gate'], (handle) => {
      foreach('n', [1], async () => { await write(handle, 'of an evaluation'); return false; }, { gate: { score: { min: 1 } } });
    });
    withClient([{ spec: 'postgres:sample', config: { isolation: 'test' } }], (handle) => {
      foreach('n', [1], async () => { await write(handle, 'of a sample'); throw new Error('red'); });
    });
    foreach('n', [1], async () => {
      await (await modelProviders.setup('postgres:ended')).teardown();
      throw new Error('red');
    }, { title: 'ends by itself' });
    foreach('n', [1], async () => {
      await write(await modelProviders.setup('postgres:unended'), 'left open by a sample');
      throw new Error('red');
    }, { title: 'ends with its file' });`),
});

const contents = {
  block: 'of the block',
  each: 'of a test',
  gate: 'of an evaluation',
  open: 'left open',
  sample: 'of a sample',
  unended: 'left open by a sample',
};

/** The URLs that a run has printed, by the name of the database. */
function keptIn({ output }: JestRun): Map<string, string> {
  const lines = [...output.matchAll(/of "([^"]*)": (postgresql:\S+)$/gm)];
  return new Map(lines.map(([, , url = '']) => [/jmp_[0-9a-f]+_([a-z]+)_/.exec(url)?.[1] ?? url, url]));
}

function requireRed(run: JestRun): void {
  expect(run).toMatchObject({ exit: 1, left: [] });
  expect(outcome(run, 'postgres:block passes').status).toBe('passed');
  expect(run.output).toMatch(/left behind: nothing\n/);
  expect(run.output).toContain('of "a.eval.js > postgres:block writes and fails": postgresql:');
}

async function requireKept(run: JestRun): Promise<void> {
  const kept = keptIn(run);
  expect([...kept.keys()].sort()).toEqual(Object.keys(contents));
  for (const [name, text] of Object.entries(contents))
    expect(await ask(kept.get(name) ?? '', 'SELECT text FROM t')).toEqual([{ text }]);
}

/** Resolves when a server that is being started answers. */
async function answers(url: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  const isUp = (): Promise<boolean> =>
    ask(url, 'SELECT 1').then(
      () => true,
      () => false,
    );
  while (!(await isUp())) {
    if (performance.now() > deadline) throw new Error('the command that serves the data serves nothing');
    await sleep(10);
  }
}

const commandOf = ({ output }: JestRun, label: string): string =>
  new RegExp(`${label}: (.*)$`, 'm').exec(output)?.[1] ?? '';

describe.each(bothModes)('keepOnFailure, %s', (mode) => {
  test('keeps the data of a failed test on the own server, with the commands that serve and remove them', async () => {
    const options = "{ server: 'embedded', keepOnFailure: true }";
    const run = await runJest(files(options), mode, { config: withProviders });
    requireRed(run);
    const remove = commandOf(run, 'remove them');
    const place = remove.replace('rm -r ', '');
    expect(existsSync(place)).toBe(true);
    const server = spawn('sh', ['-c', `exec ${commandOf(run, 'serve them')}`], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    try {
      const [url = ''] = keptIn(run).values();
      await answers(url);
      await requireKept(run);
    } finally {
      server.kill('SIGINT');
      await ended;
      execFileSync('sh', ['-c', remove]);
    }
    expect(existsSync(place)).toBe(false);
  });

  test('keeps the database of a failed test on a given server, also from the next run, until it is dropped', async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    const options = '{ keepOnFailure: true }';
    const env = { DATABASE_URL: url };
    const run = await runJest(files(options), mode, { config: withProviders, env });
    requireRed(run);
    await runJest(files('{}'), mode, { config: withProviders, env });
    await requireKept(run);
    expect(await ourDatabases(url)).toHaveLength(Object.keys(contents).length);
    for (const [, sql = ''] of run.output.matchAll(/remove it: (.*)$/gm)) await ask(url, sql);
    expect(await ourDatabases(url)).toEqual([]);
  });

  test('is asked for: without it a failed test leaves nothing', async () => {
    const run = await runJest(files("{ server: 'embedded' }"), mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).not.toContain('jest-model-provider: kept');
  });
});
