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

/** On a server of their own, and on the one of DATABASE_URL. */
const providers = (options: string): Record<string, string> => ({
  'providers.js': `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    module.exports = defineProviders({
      own: new DatabaseProvider({ server: 'embedded', ${options} }),
      given: new DatabaseProvider({ ${options} }),
    });`,
});

const failing = (provider: string): string =>
  spec(`
    const write = (handle, text) => handle.client.query("CREATE TABLE t AS SELECT '" + text + "' AS text");
    withClient(['${provider}:block'], (handle) => {
      test('writes and fails', async () => {
        await write(handle, 'of the block');
        await new (require('pg').Pool)({ connectionString: handle.client.url, idleTimeoutMillis: 3000 }).query('SELECT 1');
        throw new Error('red');
      });
      test('passes', () => undefined);
    });
    withClient(['${provider}:each'], { scope: 'test' }, (handle) => {
      test('fails by itself', async () => { await write(handle, 'of a test'); expect(1).toBe(2); });
      test('passes by itself', async () => { await write(handle, 'dropped'); });
    });
    withClient(['${provider}:green'], (handle) => {
      test('passes as well', async () => { await write(handle, 'dropped'); });
    });
    test('fails with nothing leased', () => { throw new Error('red'); });
    test('leaves its lease to the file', async () => {
      await write(await modelProviders.setup('${provider}:open'), 'left open');
      throw new Error('red');
    });
    withClient(['${provider}:gate'], (handle) => {
      foreach('n', [1], async () => { await write(handle, 'of an evaluation'); return false; }, { gate: { score: { min: 1 } } });
    });
    withClient([{ spec: '${provider}:sample', config: { isolation: 'test' } }], (handle) => {
      foreach('n', [1], async () => { await write(handle, 'of a sample'); throw new Error('red'); });
    });
    foreach('n', [1], async () => {
      await (await modelProviders.setup('${provider}:ended')).teardown();
      throw new Error('red');
    }, { title: 'ends by itself' });
    foreach('n', [1], async () => {
      await write(await modelProviders.setup('${provider}:unended'), 'left open by a sample');
      throw new Error('red');
    }, { title: 'ends with its file' });`);
const specs = { 'own.eval.js': failing('own'), 'given.eval.js': failing('given') };

const contents = {
  block: 'of the block',
  each: 'of a test',
  gate: 'of an evaluation',
  open: 'left open',
  sample: 'of a sample',
  unended: 'left open by a sample',
};

/** The URLs of a file's databases that a run has printed, by the name of the database. */
function keptIn({ output }: JestRun, file: string): Map<string, string> {
  const lines = [...output.matchAll(/of "([^"]*)": (postgresql:\S+)$/gm)];
  return new Map(
    lines.flatMap(([, test = '', url = '']) =>
      test.startsWith(`${file} > `) ? [[/jmp_[0-9a-f]+_([a-z]+)_/.exec(url)?.[1] ?? url, url]] : [],
    ),
  );
}

/** What is in the databases, by their names. */
async function textsIn(kept: ReadonlyMap<string, string>): Promise<Record<string, unknown>> {
  const texts: [string, unknown][] = [];
  for (const [name, url] of kept) {
    const [row] = await ask<{ text: string }>(url, 'SELECT text FROM t');
    texts.push([name, row?.text]);
  }
  return Object.fromEntries(texts);
}

/** Resolves when a server that is being started answers. */
async function answers(url: string): Promise<void> {
  const deadline = performance.now() + 60_000;
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
  let run: JestRun;
  let next: JestRun;
  let given: { texts: unknown; databases: string[]; dropped: string[] };

  // The given server ends with the first test, so it is asked before.
  beforeAll(async () => {
    const { servers } = await databaseSession();
    const { url } = (await servers.setup('embedded')).client;
    const options = { config: withProviders, env: { DATABASE_URL: url } };
    run = await runJest({ ...providers('keepOnFailure: true'), ...specs }, mode, options);
    next = await runJest({ ...providers(''), ...specs }, mode, options);
    const texts = await textsIn(keptIn(run, 'given.eval.js'));
    const databases = await ourDatabases(url);
    for (const [, sql = ''] of run.output.matchAll(/remove it: (.*)$/gm)) await ask(url, sql);
    given = { texts, databases, dropped: await ourDatabases(url) };
  });

  test('makes the run no greener, and says what it kept', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toMatch(/left behind: nothing\n/);
    // The pool that is left open hears nothing.
    expect(run.output).not.toMatch(/57P0|terminat/);
    for (const provider of ['own', 'given']) {
      expect(outcome(run, `${provider}:block passes`).status).toBe('passed');
      expect(outcome(run, `${provider}:green passes as well`).status).toBe('passed');
      expect(run.output).toContain(
        `of "${provider}.eval.js > ${provider}:block writes and fails": postgresql:`,
      );
    }
  });

  test('keeps the data of a failed test on the own server, with the commands that serve and remove them', async () => {
    const remove = commandOf(run, 'remove them');
    const place = remove.replace('rm -r ', '');
    expect(existsSync(place)).toBe(true);
    const server = spawn('sh', ['-c', `exec ${commandOf(run, 'serve them')}`], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    try {
      const kept = keptIn(run, 'own.eval.js');
      const [url = ''] = kept.values();
      await answers(url);
      expect(await textsIn(kept)).toEqual(contents);
    } finally {
      server.kill('SIGINT');
      await ended;
      execFileSync('sh', ['-c', remove]);
    }
    expect(existsSync(place)).toBe(false);
  });

  test('keeps the database of a failed test on a given server, also from the next run, until it is dropped', () => {
    expect(given.texts).toEqual(contents);
    expect(given.databases).toHaveLength(Object.keys(contents).length);
    expect(given.dropped).toEqual([]);
  });

  test('is asked for: without it a failed test leaves nothing', () => {
    expect(next).toMatchObject({ exit: 1, left: [] });
    expect(next.output).not.toContain('jest-model-provider: kept');
  });
});
