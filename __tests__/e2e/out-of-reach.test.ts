import { processEntry } from '../../src/process/os/process-identity';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

// Servers that leave the group that they were started in; each notes the number of the process that does.
const inSession = `setsid sh -c 'echo escaped $$ >> $E2E_NOTES; exec sleep 600' & wait`;
const doubleFork = `(cd / && setsid sh -c 'echo escaped $$ >> $E2E_NOTES; exec sleep 600' &); exec sleep 600`;
const withoutMark = `env -i N=$E2E_NOTES setsid sh -c 'echo escaped $$ >> $N; exec env -i sleep 600' & wait`;
const daemon = `(cd / && setsid sh -c 'echo daemon $$ >> $E2E_NOTES; exec sleep 600 >&- 2>&-' &); until grep -q daemon $E2E_NOTES; do sleep 0.05; done`;
const command = (script: string): string => JSON.stringify(`command:${script}`);

const providers = providerModule({
  command: 'new CommandProvider()',
  daemon: `new (class extends CommandProvider {
    async createResource(command, _config, context) {
      const server = await context.launch({ command: '/bin/sh', args: ['-c', command], passEnv: ['E2E_NOTES'] });
      await server.exited;
      return {};
    }
  })()`,
});

const helpers = `
  const { readFileSync } = require('node:fs');
  const numbers = (word) => readFileSync(process.env.E2E_NOTES, 'utf8').split('\\n')
    .flatMap((line) => (line.startsWith(word + ' ') ? [Number(line.split(' ')[1])] : []));
  // A zombie that nobody has reaped yet is none.
  const isThere = (pid) => {
    try {
      return !/\\) [ZX] /.test(readFileSync('/proc/' + pid + '/stat', 'utf8'));
    } catch {
      return false;
    }
  };
  async function escaped(count) {
    while (numbers('escaped').length < count) await new Promise((resolve) => setTimeout(resolve, 20));
  }`;

const finishing = {
  ...providers,
  'a.eval.js': spec(`${helpers}
    withClients({
      one: ${command(inSession)}, two: ${command(doubleFork)}, three: ${command(withoutMark)},
    }, () => {
      test('leave', async () => {
        await escaped(3);
        expect(numbers('escaped').filter(isThere)).toHaveLength(3);
      }, 60_000);
    });
    test('end', () => expect(numbers('escaped').filter(isThere)).toEqual([]));
    test('daemon', async () => {
      const start = modelProviders.setup(${JSON.stringify(`daemon:${daemon}`)});
      const named = new RegExp('exited with code 0 \\\\(process \\\\d+, which it had started, went on: start it in the foreground, not as a daemon\\\\)');
      await expect(start).rejects.toMatchObject({ message: expect.stringMatching(named) });
      expect(numbers('daemon')).toHaveLength(1);
      expect(numbers('daemon').filter(isThere)).toEqual([]);
    }, 60_000);
    withClient(['embedded:novice'], (handle) => {
      test('freeze', async () => {
        await handle.client.generate('2 + 3');
        freezeGuardian();
      });
    });`),
};

const interrupted = {
  ...providers,
  'a.eval.js': spec(`${helpers}
    withClients({ one: ${command(inSession)}, two: 'embedded:novice' }, ({ two }) => {
      test('freeze', async () => {
        await two.client.generate('2 + 3');
        await escaped(1);
        freezeGuardian();
        await noted('never');
      }, 600_000);
    });`),
};

const living = ({ notes }: JestRun): number[] =>
  notes
    .flatMap((line) => /^(?:escaped|daemon|frozen) (\d+)$/.exec(line)?.[1] ?? [])
    .map(Number)
    .filter((pid) => processEntry(pid)?.isZombie === false);

describe.each(bothModes)('out of reach, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(finishing, mode, { config: withProviders });
  });

  test('servers that leave their group end with their leases', () => {
    expect(run.tests.find(({ title }) => title.endsWith(' leave'))).toMatchObject({ status: 'passed' });
    expect(outcome(run, 'end')).toMatchObject({ status: 'passed' });
  });

  test('a launcher that ends while its daemon goes on is a failed start that says so and leaves nothing', () => {
    expect(outcome(run, 'daemon')).toMatchObject({ status: 'passed', message: '' });
  });

  test('a guardian that is frozen at the end of a run changes nothing', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(living(run)).toEqual([]);
  });

  test('a guardian that is frozen when SIGTERM comes changes nothing', async () => {
    const jest = startJest(interrupted, mode, { config: withProviders });
    await jest.until('a frozen guardian', () => jest.notes.some((line) => line.startsWith('frozen')));
    process.kill(jest.pid, 'SIGTERM');
    const stopped = await jest.finished();
    expect(stopped).toMatchObject({ exit: 143, left: [] });
    expect(living(stopped)).toEqual([]);
  });
});
