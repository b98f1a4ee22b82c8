import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processEntry } from '../../src/process/process-identity';
import { killStrays } from '../../src/process/stray-processes';

const isGone = (pid = 0): boolean => processEntry(pid)?.isZombie !== false;

test('a process of another group is ended by where it works, and one that works elsewhere is not', async () => {
  const root = mkdtempSync(join(tmpdir(), 'stray-'));
  for (const name of ['own', 'own-open']) mkdirSync(join(root, name));
  const start = (cwd: string) => spawn('sleep', ['600'], { cwd, detached: true, stdio: 'ignore' });
  const [stray, other] = [start(join(root, 'own')), start(join(root, 'own-open'))];
  await Promise.all([once(stray, 'spawn'), once(other, 'spawn')]);
  try {
    expect(await killStrays([join(root, 'own')])).toEqual([]);
    expect(isGone(stray.pid)).toBe(true);
    expect(isGone(other.pid)).toBe(false);
  } finally {
    other.kill('SIGKILL');
    rmSync(root, { recursive: true });
  }
});
