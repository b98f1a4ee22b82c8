import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { WorkerProcesses } from '../../../src/session/broker/worker-processes';

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    const ended = child.exitCode ?? child.signalCode ?? once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});

function start(env: Record<string, string> = {}): ProcessIdentity {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', env: { ...process.env, ...env } });
  started.push(child);
  const { pid, startTime } = processEntry(child.pid!)!;
  return { pid, startTime };
}

function workersOf(session: string): { workers: WorkerProcesses; noted: number[] } {
  const noted: number[] = [];
  const workers = new WorkerProcesses({ session, noteWorker: ({ pid }) => void noted.push(pid) });
  return { workers, noted };
}

describe('the workers of a run', () => {
  it('are noted once, however many files they run', () => {
    const { workers, noted } = workersOf('s1');
    const worker = start();
    for (let file = 0; file < 3; file += 1) workers.add(worker);
    expect(noted).toEqual([worker.pid]);
  });

  it('end with it, also if they are stopped', async () => {
    const { workers } = workersOf('s2');
    const worker = start();
    process.kill(worker.pid, 'SIGSTOP');
    workers.add(worker);
    expect(await workers.end()).toEqual([]);
    expect(isAlive(worker)).toBe(false);
  });

  // Only Linux shows the environment of another process.
  (process.platform === 'linux' ? it : it.skip)(
    'end with it also before they have named themselves; those of another run do not',
    async () => {
      const marks = (session: string): Record<string, string> => ({
        JEST_WORKER_ID: '1',
        NODE_CHANNEL_FD: '3',
        JEST_MODEL_PROVIDER_SESSION: `{"socket":"/tmp/jmp-${session}/s"}`,
      });
      const [own, other] = [start(marks('s3')), start(marks('s4'))];
      expect(await workersOf('s3').workers.end()).toEqual([]);
      expect([own, other].map(isAlive)).toEqual([false, true]);
    },
  );

  it.each<[string, (worker: ProcessIdentity) => ProcessIdentity]>([
    ['one whose number was given away', ({ pid }) => ({ pid, startTime: '1' })],
    ['this process', () => ({ pid: process.pid, startTime: processEntry(process.pid)!.startTime })],
    ['the first process of the machine', () => ({ pid: 1, startTime: processEntry(1)!.startTime })],
    ['a group', ({ pid, startTime }) => ({ pid: -pid, startTime })],
  ])('are not %s', async (_who, named) => {
    const { workers, noted } = workersOf('s5');
    const worker = start();
    workers.add(named(worker));
    expect(noted).toEqual([]);
    expect(await workers.end()).toEqual([]);
    expect(isAlive(worker)).toBe(true);
  });
});
