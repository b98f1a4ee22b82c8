import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processEntry } from '../../../src/process/os/process-identity';
import { killEscapedProcesses } from '../../../src/process/guardian/escaped-processes';

const isGone = (pid = 0): boolean => processEntry(pid)?.isZombie !== false;

test('a process of another group is ended by where it works, and one that works elsewhere is not', async () => {
  const root = mkdtempSync(join(tmpdir(), 'escaped-'));
  for (const name of ['own', 'own-open']) mkdirSync(join(root, name));
  const start = (cwd: string) => spawn('sleep', ['600'], { cwd, detached: true, stdio: 'ignore' });
  const [escaped, other] = [start(join(root, 'own')), start(join(root, 'own-open'))];
  await Promise.all([once(escaped, 'spawn'), once(other, 'spawn')]);
  try {
    expect(await killEscapedProcesses([join(root, 'own')])).toEqual([]);
    expect(isGone(escaped.pid)).toBe(true);
    expect(isGone(other.pid)).toBe(false);
  } finally {
    other.kill('SIGKILL');
    rmSync(root, { recursive: true });
  }
});
