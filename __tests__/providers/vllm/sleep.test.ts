/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import path from 'node:path';
import type { VLLMOptions, VLLMProvider } from 'jest-model-provider';
import { caught } from '../../support/caught';
import { FakeGpus, type FakeGpuState } from '../../fixtures/fake-gpus';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { eventually } from '../../support/eventually';
import { FakeVllm } from './fake-vllm';

const vllm = new FakeVllm();
let gpus: FakeGpus;

closeSessionsAfterEach();
// After the sessions have ended.
afterEach(() => gpus.remove());
afterAll(() => vllm.remove());

/** A provider whose servers sleep, on a machine with one GPU. */
async function sleepy(
  switches: readonly string[] = [],
  options: VLLMOptions = {},
  state: Partial<FakeGpuState> = {},
): Promise<VLLMProvider> {
  gpus = new FakeGpus(1);
  gpus.set(state);
  const env = { FAKE_GPUS: gpus.directory, ...options.env };
  return vllm.provider(switches, { sleep: true, ...options, env });
}

/** Leases one model after the other, each for a moment. */
async function use(provider: VLLMProvider, ...models: string[]): Promise<void> {
  for (const model of models) {
    const handle = await provider.setup(vllm.model(model));
    expect((await handle.client.generate('Hello')).text).toBe(`Hello from ${model}`);
    await handle.teardown();
  }
}

/** Starts, sleeps, wakes and stops, by the model's name. */
const life = (): string[] =>
  vllm.session!.events.flatMap((event) =>
    event.type === 'ready' || event.type === 'slept' || event.type === 'woke' || event.type === 'stopped'
      ? [`${path.basename(event.resourceId)} ${event.type}`]
      : [],
  );

const notes = (): string[] =>
  vllm.session!.events.flatMap((event) =>
    event.type === 'noted'
      ? [event.message.replaceAll(vllm.directory, 'DIR').replaceAll(/\bpid \d+/g, 'pid PID')]
      : [],
  );

/** MiB that processes hold, in the order of their ends. */
const held = (): number[] =>
  gpus
    .holders()
    .map(({ MiB }) => MiB)
    .sort((a, b) => a - b);

test('two models that take turns on one GPU are loaded once each, and sleep meanwhile', async () => {
  const provider = await sleepy();
  await use(provider, 'a', 'b', 'a', 'b');
  expect(life()).toEqual([
    ...['a#1 ready', 'a#1 slept', 'b#1 ready', 'b#1 slept', 'a#1 woke', 'a#1 slept', 'b#1 woke'],
  ]);
  expect(held()).toEqual([1_100, 60_000]);
  expect(notes()).toEqual([]);
});

test('three models sleep and wake on one GPU, also where it names no processes', async () => {
  const provider = await sleepy([], {}, { hidesProcesses: true });
  await use(provider, 'a', 'b', 'c', 'b', 'a', 'c');
  expect(life().filter((line) => line.endsWith('ready'))).toEqual(['a#1 ready', 'b#1 ready', 'c#1 ready']);
  expect(life().filter((line) => line.endsWith('woke'))).toEqual(['b#1 woke', 'a#1 woke', 'c#1 woke']);
  expect(notes()).toEqual([]);
});

test('a model sleeps beside another one that is awake on the same GPU', async () => {
  const provider = await sleepy(['--fake-holds', '20000'], { maxLive: 2, gpuMemoryUtilization: 0.3 });
  await use(provider, 'a');
  await provider.setup(vllm.model('b'));
  await use(provider, 'c', 'a');
  expect(life()).toEqual(['a#1 ready', 'b#1 ready', 'a#1 slept', 'c#1 ready', 'c#1 slept', 'a#1 woke']);
  expect(held()).toEqual([1_100, 20_000, 20_000]);
});

test('a model that is spread over two GPUs sleeps on both, and wakes on both', async () => {
  const provider = await sleepy(
    [],
    { tensorParallelSize: 2 },
    { gpus: ['0', '1'].map((uuid) => ({ uuid })) },
  );
  await use(provider, 'a', 'b', 'a');
  expect(life()).toEqual(['a#1 ready', 'a#1 slept', 'b#1 ready', 'b#1 slept', 'a#1 woke']);
  expect(notes()).toEqual([]);
});

test('without the option nothing sleeps, and the server has no such mode', async () => {
  const provider = await sleepy(['--fake-env'], { sleep: false });
  await use(provider, 'a', 'b');
  expect(life()).toEqual(['a#1 ready', 'a#1 stopped', 'b#1 ready']);
  const { command } = vllm.session!.events.flatMap((event) => (event.type === 'launched' ? [event] : []))[0]!;
  expect(command).not.toContain('sleep');
});

interface Failure {
  readonly title: string;
  readonly switches: readonly string[];
  readonly options?: VLLMOptions;
  readonly note: string;
}

test.each<Failure>([
  {
    title: 'says that it sleeps, but keeps its memory',
    switches: ['--fake-sleep', 'keeps'],
    note: 'GPU 0 still has 60000 MiB of it, and may have 4077 MiB (5 s after it fell asleep)',
  },
  {
    title: 'does not answer when it is put to sleep',
    switches: ['--fake-sleep', 'hangs'],
    options: { startStallMs: 2000 },
    note: 'POST /sleep?level=1 was not answered within 2000 ms',
  },
  {
    title: 'stays awake',
    switches: ['--fake-sleep', 'awake'],
    note: 'GET /is_sleeping answers {"is_sleeping":false} after it was put to sleep',
  },
  {
    title: 'has no development mode',
    switches: [],
    options: { env: { VLLM_SERVER_DEV_MODE: '0' } },
    note: 'POST /sleep?level=1 was answered with HTTP 404',
  },
  {
    title: 'leaves too little for the next one',
    switches: [],
    options: { gpuMemoryUtilization: 0.99 },
    note: 'GPU 0 has 78.57 of 79.65 GiB free, and gpuMemoryUtilization 0.99 of the next model asks for 78.85 GiB; held by pid PID (VLLM::EngineCore) with 1100 MiB (5 s after it fell asleep)',
  },
])('a server that $title is stopped before the next one starts', async ({ switches, options, note }) => {
  const provider = await sleepy(switches, options);
  await use(provider, 'a', 'b');
  expect(life()).toEqual(['a#1 ready', 'a#1 stopped', 'b#1 ready']);
  expect(notes()).toEqual([`it was stopped instead of put to sleep: ${note}`]);
});

describe('a model that this machine has no memory for', () => {
  const notesWithoutFacts = (): string[] => notes().map((note) => note.replace(/\S+ GiB are/, 'N GiB are'));

  test('is stopped, as the size of its weights tells', async () => {
    fs.truncateSync(path.join(vllm.model('d'), 'model.safetensors'), 2 ** 42);
    const provider = await sleepy();
    await use(provider, 'd', 'a');
    expect(life()).toEqual(['d#1 ready', 'd#1 stopped', 'a#1 ready']);
    expect(notesWithoutFacts()).toEqual([
      "it was stopped instead of put to sleep: its weights need 4915.20 GiB of this machine's memory while it sleeps, and N GiB are available",
    ]);
  });

  test('is stopped, as the memory of its GPU tells where its weights are not found', async () => {
    fs.rmSync(path.join(vllm.model('c'), 'model.safetensors'));
    const options = { gpuMemoryUtilization: 0.5 };
    const provider = await sleepy(['--fake-holds', String(2 ** 22)], options, {
      gpus: [{ uuid: 'GPU-0000-fake', totalMiB: 2 ** 23 }],
    });
    await use(provider, 'c', 'a');
    expect(life()).toEqual(['c#1 ready', 'c#1 stopped', 'a#1 ready']);
    expect(notesWithoutFacts()).toEqual([
      "it was stopped instead of put to sleep: it may need 4915.20 GiB of this machine's memory while it sleeps, and N GiB are available",
    ]);
  });
});

test.each<Failure>([
  {
    title: 'fails to wake',
    switches: ['--fake-wake', 'fails'],
    note: 'POST /wake_up was answered with HTTP 500',
  },
  {
    title: 'does not answer when it is woken',
    switches: ['--fake-wake', 'hangs'],
    options: { startStallMs: 2000 },
    note: 'POST /wake_up was not answered within 2000 ms',
  },
  {
    title: 'stays asleep',
    switches: ['--fake-wake', 'asleep'],
    note: 'GET /is_sleeping answers {"is_sleeping":true} after it was woken',
  },
  {
    title: 'answers otherwise than before its sleep',
    switches: ['--fake-wake', 'otherwise'],
    note: 'it answers {"role":"assistant","content":"!!!!!!!!"} where it answered {"role":"assistant","content":"Hello from a"}',
  },
  {
    title: 'dies while it wakes',
    switches: ['--fake-wake', 'dies'],
    note: '"vllm:DIR/a" died while it was woken: the system killed vLLM, most likely because memory ran out (its server (pid PID) was ended by SIGKILL)',
  },
])('a server that $title is stopped and loaded again', async ({ switches, options, note }) => {
  const provider = await sleepy(switches, options);
  await use(provider, 'a', 'b', 'a');
  expect(life()).toEqual(['a#1 ready', 'a#1 slept', 'b#1 ready', 'b#1 slept', 'a#1 stopped', 'a#2 ready']);
  expect(notes()).toEqual([`it was stopped and loaded again instead of woken: ${note}`]);
});

test('an engine that is asleep is not taken for one that hangs', async () => {
  const hang = path.join(vllm.directory, 'hang');
  const provider = await sleepy(['--fake-hang-by', hang], { answerStallMs: 1000 });
  await use(provider, 'a');
  const b = await provider.setup(vllm.model('b'));
  fs.writeFileSync(hang, '');
  // It is told by its standing still, which the other one has done for longer.
  expect((await caught(b.client.generate('Hello'))).code).toBe('RESOURCE_LOST');
  await use(provider, 'a');
  expect(life()).toEqual(['a#1 ready', 'a#1 slept', 'b#1 ready', 'b#1 stopped', 'a#1 woke']);
});

test('a server that dies while it falls asleep makes room by that', async () => {
  const provider = await sleepy(['--fake-sleep', 'dies']);
  await use(provider, 'a', 'b');
  expect(life()).toEqual(['a#1 ready', 'a#1 stopped', 'b#1 ready']);
});

test('a server that dies asleep fails nobody, is noticed, and is loaded again', async () => {
  const provider = await sleepy();
  await use(provider, 'a');
  const b = await provider.setup(vllm.model('b'));
  process.kill(vllm.session!.pids[0]!, 'SIGKILL');
  await eventually(() => life().includes('a#1 stopped'));
  expect((await b.client.generate('Hello')).text).toBe('Hello from b');
  await b.teardown();
  await use(provider, 'a');
  expect(life()).toEqual(['a#1 ready', 'a#1 slept', 'b#1 ready', 'a#1 stopped', 'b#1 slept', 'a#2 ready']);
});

test('a server is not woken into memory that others have taken, nor loaded again; the message names them', async () => {
  const provider = await sleepy();
  await use(provider, 'a', 'b');
  gpus.hold(process.pid, 'python train.py', [0], 30_000);
  const refused = await caught(provider.setup(vllm.model('a')));
  expect(vllm.readable(refused).split('\n')[0]).toBe(
    'SETUP_FAILED: vllm:DIR/a: GPU 0 has 50.35 of 79.65 GiB free, and gpuMemoryUtilization 0.9 asks for 71.68 GiB; held by pid PID (python train.py) with 30000 MiB.',
  );
  // Holders are in any order.
  expect(notes().at(-1)).toMatch(
    /^it was stopped and loaded again instead of woken: GPU 0 has 49\.28 of 79\.65 GiB free, and it needs 57\.52 GiB; held by .*\(python train\.py\) with 30000 MiB/,
  );
});

test('everything that sleeps is stopped at the end of the session', async () => {
  const provider = await sleepy();
  await use(provider, 'a', 'b');
  const { pids } = vllm.session!;
  expect(await vllm.session!.close()).toMatchObject({ failures: [], leftBehind: [] });
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(gpus.holders().filter(({ pid }) => fs.existsSync(`/proc/${pid}`))).toEqual([]);
});

describe('without a GPU that sleep: true could be verified on, it is an error:', () => {
  afterEach(() => {
    delete process.env['CUDA_VISIBLE_DEVICES'];
  });

  test('no nvidia-smi', async () => {
    const provider = await sleepy();
    process.env['PATH'] = vllm.directory;
    expect(vllm.readable(await caught(provider.setup(vllm.model('a'))))).toBe(
      "CONFIG_INVALID: vllm: sleep is true, but there is no nvidia-smi on PATH; leave sleep out, or install NVIDIA's driver and its tools.",
    );
  });

  test.each([
    ['devices: []', '0', 1, { devices: [] }, 'devices is []: name some'],
    ['no GPU', '0', 0, {}, 'there is none to use here; see nvidia-smi and CUDA_VISIBLE_DEVICES'],
    ['all masked out', '', 1, {}, 'there is none to use here; see nvidia-smi and CUDA_VISIBLE_DEVICES'],
  ])('%s', async (_what, mask, count, options, found) => {
    const provider = await sleepy([], options);
    gpus.set({ gpus: Array.from({ length: count }, () => ({ uuid: 'GPU-0000-fake' })) });
    process.env['CUDA_VISIBLE_DEVICES'] = mask;
    expect(vllm.readable(await caught(provider.setup(vllm.model('a'))))).toBe(
      `CONFIG_INVALID: vllm: sleep is true, but vLLM sleeps on GPUs alone, and ${found}, or leave sleep out.`,
    );
  });
});
