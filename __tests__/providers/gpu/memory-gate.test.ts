import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ResourceContext } from '../../../src/pattern/resource-context';
import { guardMemory } from '../../../src/providers/gpu/memory-gate';
import { FakeGpus } from '../../fixtures/fake-gpus';

let gpus: FakeGpus;
const children: ChildProcess[] = [];

beforeEach(() => (gpus = new FakeGpus(2)));
afterEach(() => {
  gpus.remove();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** For memory that comes back: only a hang lasts longer. */
const longMs = 50_000;

interface Guarded {
  readonly notes: string[];
  /** What is done when all processes of the resource have ended. */
  end(): Promise<void>;
}

/** A resource on GPU 0 whose start has been let through. */
async function guarded(limitMs = 300): Promise<Guarded> {
  const notes: string[] = [];
  let end: () => Promise<void> | void = () => undefined;
  const context = {
    spec: 'vllm:a',
    devices: ['gpu:0'],
    note: (message: string) => notes.push(message),
    defer: (_title: string, undo: () => Promise<void> | void) => (end = undo),
  } as unknown as ResourceContext;
  await guardMemory(context, 0.5, limitMs);
  return { notes, end: async () => end() };
}

function someProcess(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  children.push(child);
  return child.pid!;
}

/** A process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

test('a server is gone when nothing of it is listed and its memory is back, up to 2 GiB', async () => {
  const { end, notes } = await guarded();
  gpus.set({ gpus: [{ uuid: 'GPU-0000-fake', usedMiB: 2048 }, { uuid: 'GPU-1000-fake' }] });
  await end();
  expect(notes).toEqual([]);
});

test('other GPUs than its own do not matter', async () => {
  const { end } = await guarded();
  gpus.set({ gpus: [{ uuid: 'GPU-0000-fake' }, { uuid: 'GPU-1000-fake', usedMiB: 70_000 }] });
  await end();
});

test('what a dead process still holds is waited for', async () => {
  const { end } = await guarded(longMs);
  gpus.set({ releaseMs: 500 });
  gpus.hold(await endedProcess(), 'VLLM::EngineCore', [0], 70_000);
  const since = performance.now();
  await end();
  expect(performance.now() - since).toBeGreaterThanOrEqual(500);
});

test('a process that never lets go is named, also when the stop is tried again, until it has let go', async () => {
  const { end } = await guarded();
  gpus.set({ releaseMs: null });
  const pid = await endedProcess();
  gpus.hold(pid, 'VLLM::EngineCore', [0], 70_000);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(end()).rejects.toThrow(
      `GPU 0 is not free again: held by pid ${pid} (VLLM::EngineCore) with 70000 MiB (0 s after its processes ended)`,
    );
  }
  gpus.free();
  await end();
});

test('what lets its memory go while the processes are being listed leaves no remark', async () => {
  const { end, notes } = await guarded();
  gpus.hold(someProcess(), 'another', [0], 10);
  gpus.hold(await endedProcess(), 'VLLM::EngineCore', [0], 70_000);
  gpus.set({ freesInList: true });
  await end();
  expect(notes).toEqual([]);
});

test('memory that nobody holds is a leak', async () => {
  const { end } = await guarded();
  gpus.set({ gpus: [{ uuid: 'GPU-0000-fake', usedMiB: 30_000 }, { uuid: 'GPU-1000-fake' }] });
  await expect(end()).rejects.toThrow(
    'GPU 0 has 30000 MiB in use, 0 MiB before its start; nvidia-smi names no process that holds it',
  );
});

test('where nvidia-smi names no processes, as in containers, memory alone decides', async () => {
  gpus.set({ hidesProcesses: true, releaseMs: 500 });
  const { end } = await guarded(longMs);
  gpus.hold(await endedProcess(), 'VLLM::EngineCore', [0], 70_000);
  await end();
});

test('where a GPU does not say its memory, that of the processes on it counts', async () => {
  gpus.set({ hidesMemory: true, releaseMs: null });
  const { end } = await guarded();
  const pid = await endedProcess();
  gpus.hold(pid, 'VLLM::EngineCore', [0], 70_000);
  await expect(end()).rejects.toThrow(`pid ${pid} (VLLM::EngineCore) with 70000 MiB`);
  gpus.free();
  await end();
});

test('a neighbour that took memory meanwhile only makes it remark, since none of our processes is left', async () => {
  const { end, notes } = await guarded();
  const pid = someProcess();
  gpus.hold(pid, 'python, train.py', [0], 30_000);
  await end();
  expect(notes).toEqual([
    `GPU 0 has 30000 MiB in use, 0 MiB before its start; held by pid ${pid} (python, train.py) with 30000 MiB`,
  ]);
});

test('where a GPU does not say its memory, what processes took meanwhile is added up, beside what was there before', async () => {
  gpus.set({ hidesMemory: true });
  const [before, since] = [someProcess(), someProcess()];
  gpus.hold(before, 'python', [0], 1000);
  const { end, notes } = await guarded();
  gpus.hold(since, 'python', [0], 500);
  await end();
  expect(notes).toEqual([]);
  gpus.hold(since, 'python', [0], 600);
  await end();
  expect(notes).toEqual([
    expect.stringContaining('GPU 0 has 1600 MiB in use, 1000 MiB before its start; held by pid '),
  ]);
});

test('after a crash, memory is compared with what it was before the start', async () => {
  gpus.hold(someProcess(), 'python train.py', [0], 20_000);
  const { end, notes } = await guarded();
  // Everything is back before anybody looks.
  await end();
  expect(notes).toEqual([]);
});

test.each([false, true])(
  'what another model holds that lives on the same GPU is no leak (nvidia-smi names no processes: %s)',
  async (hidesProcesses) => {
    gpus.set({ hidesProcesses });
    const [one, other] = [await guarded(), await guarded()];
    gpus.hold(someProcess(), 'VLLM::EngineCore', [0], 30_000);
    await one.end();
    expect(one.notes).toEqual([]);
    gpus.free();
    await other.end();
    expect(other.notes).toEqual([]);
  },
);

test('no answer of nvidia-smi is no proof', async () => {
  const { end } = await guarded();
  gpus.set({ exitCode: 18 });
  await expect(end()).rejects.toThrow(/^nvidia-smi failed: .*Driver\/library version mismatch/s);
  gpus.set({ exitCode: 0 });
  await end();
});
