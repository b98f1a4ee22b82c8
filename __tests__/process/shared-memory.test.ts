import { execFileSync, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { stopGroup } from '../../src/process/process-group';
import { eventually } from './eventually';

const hasPython = (() => {
  try {
    execFileSync('python3', ['-c', ''], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();

const program = `
import multiprocessing, signal
from multiprocessing import shared_memory
signal.signal(signal.SIGTERM, signal.SIG_IGN)
memory = shared_memory.SharedMemory(create=True, size=4096)
lock = multiprocessing.get_context("spawn").Lock()
print("/dev/shm/" + memory.name, "/dev/shm/sem." + lock._semlock.name[1:], flush=True)
signal.pause()
`;

(hasPython ? test : test.skip)(
  'shared memory and semaphores that a killed Python cannot remove are removed',
  async () => {
    const child = spawn('python3', ['-c', program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    const files = (): string[] => text.trim().split(' ');
    try {
      await eventually(() => text.endsWith('\n'));
      expect(files().map((file) => existsSync(file))).toEqual([true, true]);
      expect(await stopGroup(child.pid!, 0)).toEqual({ forced: true, survivors: [] });
      expect(files().map((file) => existsSync(file))).toEqual([false, false]);
    } finally {
      for (const file of files()) rmSync(file, { force: true });
    }
  },
);
