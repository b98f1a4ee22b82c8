import { execFileSync, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { stopGroup } from '../../../src/process/os/process-group';
import { processEntry } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';

const hasPython = (() => {
  try {
    execFileSync('python3', ['-c', ''], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();

// Ignores SIGTERM, but makes more memory then.
const program = `
import multiprocessing, signal
from multiprocessing import shared_memory
kept = []
def make(*_):
    memory = shared_memory.SharedMemory(create=True, size=4096)
    lock = multiprocessing.get_context("spawn").Lock()
    kept.extend([memory, lock])
    print("/dev/shm/" + memory.name, "/dev/shm/sem." + lock._semlock.name[1:], flush=True)
signal.signal(signal.SIGTERM, make)
make()
while True: signal.pause()
`;

(hasPython ? describe : describe.skip)('what a killed Python cannot remove is removed', () => {
  test.each([
    ['at once', 0, 2],
    ['after a grace in which it makes more', 600_000, 4],
  ])('when it is killed %s', async (_title, graceMs, count) => {
    const child = spawn('python3', ['-c', program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    const files = (): string[] => text.split(/\s+/).filter((file) => file !== '');
    try {
      await eventually(() => text.endsWith('\n'));
      expect(files().map((file) => existsSync(file))).toEqual([true, true]);
      const forceKill = new AbortController();
      const stop = stopGroup(processEntry(child.pid!)!, graceMs, forceKill.signal);
      await eventually(() => files().length === count);
      forceKill.abort();
      expect(await stop).toEqual({ forced: true, survivors: [] });
      expect(files().filter((file) => existsSync(file))).toEqual([]);
    } finally {
      for (const file of files()) rmSync(file, { force: true });
    }
  });
});
