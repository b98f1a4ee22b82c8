import { FakeGpus } from '../fixtures/fake-gpus';
import { eventually } from '../support/eventually';
import { FakeVllm } from '../providers/vllm/fake-vllm';
import { leftOfDatabaseServers, noteDirectory } from './database-servers';
import { holding, spec, withProviders } from './noting-project';
import { bothModes, startJest, type JestRun } from './run-jest';

const vllm = new FakeVllm();
afterAll(() => vllm.remove());
const [sleeping, awake] = ['a', 'b'].map((name) => JSON.stringify(`vllm:${vllm.model(name)}`));

// One file that holds a server of each kind, another for a second worker, and a third that must never begin.
const files = {
  't.sql': 'CREATE TABLE t AS SELECT n FROM generate_series(1, 10) AS n;',
  'a.eval.js': spec(`
    withClient([${sleeping}], () => test('uses a model that is put to sleep afterwards', () => undefined));
    withClients({
      model: 'embedded:novice',
      awake: ${awake},
      db: { spec: 'postgres:shop', config: { schema: './t.sql' } },
    }, ({ model, db: handle }) => {
      test('is in the middle of a query', async () => {
        await model.client.generate('2 + 3');
        ${noteDirectory}
        note('holding');
        await handle.client.query("SELECT count(*) FROM generate_series(1, 1e12)");
      }, 600_000);
      afterAll(() => note('went on'));
    });`),
  'b.eval.js': holding,
  'c.eval.js': spec(`note('went on'); test('never', () => undefined);`),
};
const filesAtOnce = { 'in band': 1, 'in workers': 2 };

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each(bothModes)('SIGKILL to the main process in the middle of a run, %s', (mode) => {
  let gpus: FakeGpus;
  let run: JestRun;
  let engines: number[];
  beforeAll(async () => {
    gpus = new FakeGpus(1);
    const providers = `
      const { defineProviders, VLLMProvider } = require('jest-model-provider');
      const env = { FAKE_GPUS: ${JSON.stringify(gpus.directory)} };
      module.exports = defineProviders({ vllm: new VLLMProvider({ sleep: true, env }) });`;
    const jest = startJest({ 'providers.js': providers, ...files }, mode, {
      config: withProviders,
      env: {
        VLLM_COMMAND: vllm.command,
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: '',
        PGHOST: '',
      },
    });
    await jest.noted('holding', filesAtOnce[mode]);
    await jest.until('two engines', () => gpus.holders().length === 2);
    engines = gpus.holders().map(({ pid }) => pid);
    process.kill(jest.pid, 'SIGKILL');
    run = await jest.finished();
  });
  afterAll(() => gpus.remove());

  test('ends everything, and nothing goes on', () => {
    expect(run).toMatchObject({ exit: 'SIGKILL', left: [] });
    expect(run.notes).not.toContain('went on');
    expect(run.output).not.toContain('went on');
  });

  test('leaves nothing of a database server in the middle of a query, backends and data included', async () => {
    await eventually(() => leftOfDatabaseServers(run).length === 0);
  });

  test('is not survived by a model that sleeps', async () => {
    expect(engines).toHaveLength(2);
    // What has ended keeps its number until init takes notice.
    await eventually(() => !engines.some(isThere));
  });
});
