import { spec } from './noting-project';
import { bothModes, startJest, type JestRun, type Mode } from './run-jest';

// Tests that never give their thread back: the main thread of Jest in band, those of two workers in workers.

const waysToBlock = {
  loop: 'for (;;);',
  regexp: `/^(a+)+$/.test('a'.repeat(60) + 'b');`,
  // The shell tells of itself, for it does not become its last command.
  command: `require('node:child_process').execSync('echo blocking >> "$E2E_NOTES"; sleep 3600; true');`,
};
type Way = keyof typeof waysToBlock;

const filesAtOnce = { 'in band': 1, 'in workers': 2 };

/** Runs two files that block, and calls `end` when all have that can at once. */
async function blocked(mode: Mode, ways: readonly Way[], end: (pid: number) => void): Promise<JestRun> {
  const files = ways.map((way, index) => [
    `${index}.eval.js`,
    spec(`
      withClient(['embedded:novice'], (handle) => {
        test('blocks', async () => {
          await handle.client.generate('2 + 3');
          ${way === 'command' ? '' : `note('blocking');`}
          ${waysToBlock[way]}
        }, 60_000);
        afterAll(() => note('went on'));
      });`),
  ]);
  const jest = startJest(Object.fromEntries(files) as Record<string, string>, mode);
  await jest.noted('blocking', filesAtOnce[mode]);
  const sending = setInterval(() => jest.isRunning && end(jest.pid), 200);
  end(jest.pid);
  return jest.finished().finally(() => clearInterval(sending));
}

const once = (signal: NodeJS.Signals): ((pid: number) => void) => {
  let wasSent = false;
  return (pid) => {
    if (!wasSent) process.kill(pid, signal);
    wasSent = true;
  };
};
// Ctrl-C, again and again.
const often = (pid: number): void => void process.kill(-pid, 'SIGINT');

describe.each(bothModes)('tests that block their threads, %s', (mode) => {
  const isInBand = mode === 'in band';
  let runs: Record<'first' | 'command' | 'second' | 'killed', JestRun>;
  beforeAll(async () => {
    const [first, command, second, killed] = await Promise.all([
      blocked(mode, ['loop', 'regexp'], once('SIGINT')),
      blocked(mode, ['command', 'command'], once('SIGTERM')),
      blocked(mode, ['regexp', 'loop'], often),
      blocked(mode, isInBand ? ['loop'] : ['loop', 'command'], once('SIGKILL')),
    ]);
    runs = { first, command, second, killed };
  });

  // A blocked main process can only be killed.
  test('are ended by the first Ctrl-C', () => {
    expect(runs.first).toMatchObject({ exit: isInBand ? 'SIGKILL' : 130, left: [] });
  });

  test('are ended by a second one', () => {
    expect(runs.second).toMatchObject({ exit: isInBand ? 'SIGKILL' : 130, left: [] });
  });

  test('are ended with the command that they wait for, and then the main process hears the SIGTERM', () => {
    expect(runs.command).toMatchObject({ exit: 143, left: [] });
  });

  test('do not outlive a main process that is killed', () => {
    expect(runs.killed).toMatchObject({ exit: 'SIGKILL', left: [] });
  });

  test('do not go on', () => {
    for (const run of Object.values(runs))
      expect([...run.notes, run.output].join('\n')).not.toContain('went on');
  });
});
