import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPages, repository } from '../docs/pages';
import { holding, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

// What must never break, in as few runs as can show it: the end-to-end test of `npm run test:fast`.

const readme = readPages().find(({ path }) => path === 'README.md');
const example =
  readme?.blocks.find(({ attributes }) => attributes['source']?.endsWith('.eval.ts'))?.text ?? '';
const dataset = readFileSync(join(repository, 'examples/arithmetic.json'), 'utf8');

// It is killed once it has said it.
const mortal = 'command:echo one moment; echo up >> $E2E_NOTES; sleep 600';
const lost = {
  ...providerModule({ command: 'new CommandProvider()' }),
  'lost.eval.js': spec(`
    withClient([${JSON.stringify(mortal)}], (handle) => {
      test('dies', async () => {
        const call = handle.client.call();
        await noted('up');
        process.kill(-handle.client.pid, 'SIGKILL');
        await expect(call).rejects.toMatchObject({ code: 'RESOURCE_LOST' });
        note('rejected');
      });
    });
    withClient([${JSON.stringify(mortal)}], (handle) => {
      test('lives again', () => expect(handle.isActive).toBe(true));
    });`),
};

// Nothing listens there: whatever goes through it fails. Node heeds the variables from 22.21 and 24.5 on.
const deadProxy = 'http://127.0.0.1:1';
const proxies = {
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: deadProxy,
  https_proxy: deadProxy,
  ALL_PROXY: deadProxy,
  NO_PROXY: 'intranet.example',
};
const direct = {
  'direct.eval.js': spec(`
    const http = require('node:http');
    withClient(['embedded:novice'], (handle) => {
      const url = () => handle.client.openai.baseURL + '/models';
      const headers = () => ({ authorization: 'Bearer ' + handle.client.openai.apiKey });
      test('by its client', async () => { await handle.client.generate('2 + 3'); });
      test('by the SDK', async () => { await handle.client.openai.models.list(); });
      test('by fetch', async () => expect((await fetch(url(), { headers: headers() })).status).toBe(200));
      test('by http.request', async () => {
        const status = await new Promise((resolve, reject) =>
          http.get(url(), { headers: headers() }, (answer) => resolve(answer.resume().statusCode)).on('error', reject));
        expect(status).toBe(200);
      });
      test('by clients that read the variables', () => {
        expect(process.env.NO_PROXY).toBe('intranet.example,localhost,127.0.0.1,::1,[::1]');
        expect(process.env.no_proxy).toBeUndefined();
      });
    });`),
};

describe.each(bothModes)('the example of the README, and a file whose server dies, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const files = { 'arithmetic.eval.ts': example, 'arithmetic.json': dataset, ...lost, ...direct };
    run = await runJest(files, mode, { config: withProviders, env: proxies });
  });

  test('make the run red for the dead server alone, and leave nothing', () => {
    const red = run.tests.filter(({ status }) => status !== 'passed').map(({ title }) => title);
    expect({ exit: run.exit, red, left: run.left }).toEqual({ exit: 1, red: [`${mortal} dies`], left: [] });
    expect(run.output).toContain('left behind: nothing');
  });

  test('talk with a local server goes past the proxies of the environment', () => {
    const talk = run.tests.filter(({ title }) => title.startsWith('embedded:novice by '));
    expect(talk.map(({ status }) => status)).toEqual(Array(5).fill('passed'));
  });

  test('the example has its scores in the matrix', () => {
    expect(run.output).toMatch(/│ arithmetic +│ exactMatch │ 50 +│ 12\.0 %.*│ 100\.0 %/);
  });

  test('a call in flight is rejected, its test says how the server died, and the next one has another', () => {
    expect(run.notes.filter((note) => note !== 'up')).toEqual(['rejected']);
    const { message } = outcome(run, `${mortal} dies`);
    expect(message).toMatch(/died while it was in use: its server \(pid \d+\) was ended by SIGKILL/);
    expect(message).toContain('| one moment');
    expect(outcome(run, `${mortal} lives again`).status).toBe('passed');
  });
});

test.each(bothModes)(
  'Ctrl-C in the middle of a run ends everything, and nothing goes on, %s',
  async (mode) => {
    const jest = startJest({ 'a.eval.js': holding }, mode);
    await jest.noted('holding');
    process.kill(-jest.pid, 'SIGINT');
    expect(await jest.finished()).toMatchObject({ exit: 130, left: [], notes: ['holding'] });
  },
);
