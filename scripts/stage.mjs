import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { countsIn } from './closing-line.mjs';

const graceMs = 10_000;
const lastWordsMs = 2000;

/**
 * Runs one shell command without standard input, in a process group of its own, and resolves to `{ passed,
 * failed, skipped, ms, output }`. The counts are those of its last line `N passed, N failed`; a command
 * without one counts as one.
 */
export async function runStage({ command, limitMinutes = 30 }, env) {
  const start = performance.now();
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  let late = '';
  const stop = () => signalGroup(child.pid, 'SIGTERM');
  const timer = setTimeout(() => {
    late = `\nStopped after ${limitMinutes} minutes.`;
    stop();
    setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs).unref();
  }, limitMinutes * 60_000);
  process.once('exit', stop);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  // Its last words are still on their way, but something that it left behind could hold its streams open for
  // ever.
  await Promise.race([once(child, 'close'), delay(lastWordsMs, undefined, { ref: false })]);
  clearTimeout(timer);
  process.removeListener('exit', stop);
  const output = Buffer.concat(chunks).toString() + late;
  return { ...counts(output, code === 0), ms: performance.now() - start, output };
}

function counts(output, succeeded) {
  const { passed, failed, skipped } = countsIn(output) ?? {
    passed: succeeded ? 1 : 0,
    failed: 0,
    skipped: 0,
  };
  return { passed, failed: succeeded || failed > 0 ? failed : 1, skipped };
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}
