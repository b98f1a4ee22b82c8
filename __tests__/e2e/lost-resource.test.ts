import { FakeVllm } from '../providers/vllm/fake-vllm';
import { leftOfDatabaseServers, noteDirectory } from './database-servers';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

// It is killed once it has said it.
const killed = 'command:echo one moment; echo up >> $E2E_NOTES; sleep 600';
const politely = 'command:until grep -q leave $E2E_NOTES; do sleep 0.05; done';
const idle = 'command:until grep -q expire $E2E_NOTES; do sleep 0.05; done; echo expired >> $E2E_NOTES';

const oneOf = 'command:echo of two; echo one up >> $E2E_NOTES; sleep 600';
const otherOf = 'command:echo the other of two; sleep 600';
const shop = `{ spec: 'postgres:shop', config: { schema: './shop.sql' } }`;
const specs = {
  'several.eval.js': spec(`
    withClients({ tool: ${JSON.stringify(otherOf)}, db: ${JSON.stringify(oneOf)} }, ({ tool, db }) => {
      test('before', () => expect([tool.isActive, db.isActive]).toEqual([true, true]));
      test('one dies', async () => {
        const call = db.client.call();
        await noted('one up');
        process.kill(-db.client.pid, 'SIGKILL');
        await call;
      });
      test('the other lives', () => {
        process.kill(tool.client.pid, 0);
        expect([tool.isActive, db.isActive]).toEqual([true, false]);
        note('the other lives');
      });
    });`),
  'killed.eval.js': spec(`
    withClient([${JSON.stringify(killed)}], (handle) => {
      test('before', () => expect(handle.isActive).toBe(true));
      test('call in flight', async () => {
        const call = handle.client.call();
        await noted('up');
        process.kill(-handle.client.pid, 'SIGKILL');
        await expect(call).rejects.toMatchObject({ code: 'RESOURCE_LOST', name: 'ModelProviderError' });
        note('rejected call in flight');
      });
      test('later use', () => {
        expect(handle.isActive).toBe(false);
        expect(() => handle.client).toThrow(expect.objectContaining({ code: 'RESOURCE_LOST' }));
        note('rejected later use');
      });
      test('no use', () => undefined);
    });
    test('other block', () => undefined);`),
  'politely.eval.js': spec(`
    withClient([${JSON.stringify(politely)}], (handle) => {
      test('leaves', async () => {
        const call = handle.client.call();
        note('leave');
        await call;
      });
    });`),
  'hooks.eval.js': spec(`
    withClient([${JSON.stringify(idle)}], (handle) => {
      test('earlier', () => undefined);
      describe('inner', () => {
        beforeAll(async () => {
          note('expire');
          await expect(handle.client.call()).rejects.toMatchObject({ code: 'RESOURCE_LOST' });
        });
        test('does not use it', () => undefined);
      });
    });`),
  'model.eval.js': spec(`
    withClient(['embedded:novice'], (handle) => {
      test('generates', async () => {
        const [pid] = servers('novice');
        // Stopped, so that the answer cannot be faster than the death.
        process.kill(pid, 'SIGSTOP');
        const reply = handle.client.generate('2 + 3');
        process.kill(pid, 'SIGKILL');
        await reply;
      });
    });
    withClient(['embedded:novice'], (handle) => {
      test('answers again', async () => {
        expect(handle.resourceId).toBe('embedded:novice#2');
        expect((await handle.client.generate('2 + 3')).text).not.toBe('');
      });
    });`),
  'evaluation.eval.js': spec(`
    withClient(['embedded:expert'], (handle) => {
      foreach('question', ['1 + 1', '2 + 2'], async (question) => {
        servers('expert').forEach((pid) => process.kill(pid, 'SIGKILL'));
        return new Result((await handle.client.generate(question)).text);
      });
    });`),
  'hanging.eval.js': spec(`
    const { writeFileSync } = require('node:fs');
    withClient(['hanging:a'], (handle) => {
      test('asks', async () => {
        writeFileSync(process.env.E2E_NOTES + '-hang', '');
        await handle.client.generate('Hi');
      }, 60_000);
      test('does not ask', () => undefined);
    });
    withClient(['hanging:a'], (handle) => {
      test('asks again', async () => { expect((await handle.client.generate('Hi')).text).toBe('Hello from a'); });
    });`),
  'a/config.json': '{}',
  'database.eval.js': spec(`
    withClient([${shop}], (handle) => {
      test('in the middle of a query', async () => {
        ${noteDirectory}
        const query = handle.client.query('SELECT pg_sleep(600)');
        servers(' -D ').forEach((pid) => process.kill(pid, 'SIGKILL'));
        await query;
      });
      test('without a query', () => undefined);
    });
    withClient([${shop}], (handle) => {
      test('starts anew', async () => expect((await handle.client.query('SELECT n FROM lamps')).rows).toEqual([{ n: 20 }]));
    });`),
  'shop.sql': 'CREATE TABLE lamps AS SELECT 20 AS n;',
};
const hanging = `new (require('jest-model-provider').VLLMProvider)({
  answerStallMs: 2000, extraArgs: ['--fake-hang-by', process.env.E2E_NOTES + '-hang'],
})`;

describe.each(bothModes)('a server that dies while it is leased, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const files = { ...providerModule({ command: 'new CommandProvider()', hanging }), ...specs };
    const env = { VLLM_COMMAND: vllm.command, DATABASE_URL: '', PGHOST: '' };
    run = await runJest(files, mode, { config: withProviders, env });
  });

  test('makes the run red and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test('rejects the call in flight and every later use with RESOURCE_LOST', () => {
    expect(run.notes).toEqual(expect.arrayContaining(['rejected call in flight', 'rejected later use']));
  });

  test('fails every test that held the lease, whether it used the client or not, and no other', () => {
    const statuses = ['before', 'call in flight', 'later use', 'no use'].map(
      (title) => outcome(run, `${killed} ${title}`).status,
    );
    expect(statuses).toEqual(['passed', 'failed', 'failed', 'failed']);
    expect(outcome(run, 'other block').status).toBe('passed');
  });

  test('fails the tests of a block that has others beside it, though these live on', () => {
    const titles = ['before', 'one dies', 'the other lives'].map((title) => `${otherOf} ${oneOf} ${title}`);
    expect(titles.map((title) => outcome(run, title).status)).toEqual(['passed', 'failed', 'failed']);
    expect(outcome(run, titles[2] ?? '').message).toContain('| of two');
    expect(run.notes).toContain('the other lives');
  });

  test('is named with its exit and its last lines', () => {
    const { message } = outcome(run, `${killed} no use`);
    expect(message).toMatch(/#1" died while it was in use: its server \(pid \d+\) was ended by SIGKILL/);
    expect(message).toContain('| one moment');
  });

  test('is dead also when it exited with code 0', () => {
    const { status, message } = outcome(run, `${politely} leaves`);
    expect(status).toBe('failed');
    expect(message).toMatch(/its server \(pid \d+\) exited with code 0/);
  });

  test('fails the tests of an inner block when it dies in a hook', () => {
    expect(outcome(run, `${idle} earlier`).status).toBe('passed');
    const { status, message } = outcome(run, `${idle} inner does not use it`);
    expect({ status, message }).toEqual({
      status: 'failed',
      message: expect.stringContaining('exited with code 0') as string,
    });
  });

  test('rejects a generation in flight with the death, not with a broken socket', () => {
    expect(outcome(run, 'embedded:novice generates').message).toMatch(
      /"embedded:novice#1" died while it was in use: .* SIGKILL/,
    );
  });

  test('is started anew for the next lease', () => {
    expect(outcome(run, 'embedded:novice answers again').status).toBe('passed');
  });

  test('and a vLLM whose engine hangs behind a healthy server: the tests that hold it are red at once, the next one has a new server', () => {
    const lost = {
      status: 'failed',
      message: expect.stringMatching(
        /"hanging:a#1" died while it was in use: the engine answers nothing, although its server says that it is healthy \(its server \(pid \d+\) produced no token for 2 s\)/,
      ) as string,
    };
    expect(outcome(run, 'hanging:a asks')).toMatchObject(lost);
    expect(outcome(run, 'hanging:a does not ask')).toMatchObject(lost);
    expect(outcome(run, 'hanging:a asks again')).toMatchObject({ status: 'passed', message: '' });
  });

  describe('and is that of a database', () => {
    test('fails the query and every test that held a database, with its reason', () => {
      const { status, message } = outcome(run, 'postgres:shop in the middle of a query');
      expect(status).toBe('failed');
      expect(message).toMatch(
        /RESOURCE_LOST[^]*its dependency died: "postgres-server:embedded#1" died while it was in use: its server \(pid \d+\) was ended by SIGKILL/,
      );
      expect(outcome(run, 'postgres:shop without a query').status).toBe('failed');
      expect(outcome(run, 'postgres:shop starts anew').status).toBe('passed');
    });

    test('leaves nothing, the backend of the query included', () => {
      expect(leftOfDatabaseServers(run)).toEqual([]);
    });
  });

  test('makes an evaluation red with the death as its cause', () => {
    const { status, message } = outcome(run, 'embedded:expert foreach question');
    expect({ status, message }).toEqual({
      status: 'failed',
      message: expect.stringContaining('"embedded:expert#1" died while it was in use') as string,
    });
  });

  test('is in the table with the way it died', () => {
    expect(run.output).toMatch(/died: its server \(pid \d+\) was ended by SIGKILL/);
  });
});
