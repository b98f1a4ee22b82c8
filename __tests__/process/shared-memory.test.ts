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
from multiprocessing import shared_memory
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
memory = shared_memory.SharedMemory(create=True, size=4096)
print("/dev/shm/" + memory.name, flush=True)
signal.pause()
`;

(hasPython ? test : test.skip)('shared memory that a killed Python cannot remove is removed', async () => {
  const child = spawn('python3', ['-c', program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  let file = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (file += text));
  try {
    await eventually(() => file.endsWith('\n') && existsSync(file.trim()));
    expect(await stopGroup(child.pid!, 0)).toEqual({ forced: true, survivors: [] });
    expect(existsSync(file.trim())).toBe(false);
  } finally {
    rmSync(file.trim(), { force: true });
  }
});
