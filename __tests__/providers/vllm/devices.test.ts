/** @jest-environment jest-model-provider/environment */
import {
  VLLMProvider,
  type ModelConnection,
  type ResourceContext,
  type VLLMOptions,
} from 'jest-model-provider';
import { guardMemory } from '../../../src/providers/gpu/memory-gate';
import { caught } from '../../support/caught';
import { FakeGpus } from '../../fixtures/fake-gpus';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { eventually } from '../../support/eventually';
import { sessionTable } from '../../../src/report/terminal/session-table';
import { FakeVllm } from './fake-vllm';

const vllm = new FakeVllm();
let gpus: FakeGpus;

closeSessionsAfterEach();
// After the sessions have ended.
afterEach(() => {
  gpus.remove();
  delete process.env['CUDA_VISIBLE_DEVICES'];
});
afterAll(() => vllm.remove());

/** A provider on a machine with so many GPUs. */
async function onGpus(count: number, options: VLLMOptions = {}): Promise<VLLMProvider> {
  gpus = new FakeGpus(count);
  return vllm.provider([], { env: { FAKE_GPUS: gpus.directory }, ...options });
}

/** The GPUs that hold memory, by the process that holds it. */
const held = (): number[][] =>
  gpus
    .holders()
    .map((holder) => holder.gpus)
    .sort((a, b) => a[0]! - b[0]!);

describe('models and GPUs', () => {
  test('two models live at once on two GPUs, and the third waits for one of them', async () => {
    const provider = await onGpus(2);
    const handles = await Promise.all([provider.setup(vllm.model('a')), provider.setup(vllm.model('b'))]);
    await eventually(() => gpus.holders().length === 2);
    expect(held()).toEqual([[0], [1]]);
    const third = provider.setup(vllm.model('c'));
    await handles[1].teardown();
    await third;
    await eventually(() => gpus.holders().length === 2);
    expect(held()).toEqual([[0], [1]]);
  });

  test('a model that is spread over two GPUs takes both, and waits until both are free', async () => {
    const provider = await onGpus(2);
    const handles = await Promise.all([provider.setup(vllm.model('a')), provider.setup(vllm.model('b'))]);
    const spread = provider.setup(vllm.model('c'), { tensorParallelSize: 2 });
    for (const handle of handles) await handle.teardown();
    await spread;
    await eventually(() => gpus.holders().length === 1);
    expect(held()).toEqual([[0, 1]]);
  });

  test('a GPU that is masked out is never used', async () => {
    process.env['CUDA_VISIBLE_DEVICES'] = '2,GPU-1000-fake';
    const provider = await onGpus(4);
    await provider.setup(vllm.model('a'), { tensorParallelSize: 2 });
    await eventually(() => gpus.holders().length === 1);
    expect(held()).toEqual([[2, 1]]);
    expect((await caught(provider.setup(vllm.model('b'), { tensorParallelSize: 3 }))).message).toBe(
      'vllm: tensorParallelSize is 3, but there are 2 GPUs to use: 2, 1.',
    );
  });

  test.each([
    ['', ''],
    ['-1', ''],
    ['NoDevFiles', ''],
    ['1', '1'],
    ['3,1,3', '3, 1'],
    ['2, -1, 0', '2'],
    // CUDA sees none of those that follow one that is not there.
    ['0,9,1', '0'],
    ['GPU-3000,GPU-nowhere,1', '3'],
    ['MIG-0123,2', 'MIG-0123, 2'],
  ])('CUDA_VISIBLE_DEVICES=%j leaves these: %s', async (mask, left) => {
    process.env['CUDA_VISIBLE_DEVICES'] = mask;
    const provider = await onGpus(4, { devices: [7] });
    expect((await caught(provider.setup(vllm.model('a')))).message).toBe(
      `vllm: devices names GPU 7, but ${left === '' ? 'there is none' : `only ${left} can be used`} here; see nvidia-smi and CUDA_VISIBLE_DEVICES.`,
    );
  });

  test('the option devices names which GPUs are used, and none that is masked out', async () => {
    process.env['CUDA_VISIBLE_DEVICES'] = '0,2';
    const provider = await onGpus(3, { devices: [2] });
    await provider.setup(vllm.model('a'));
    await eventually(() => gpus.holders().length === 1);
    expect(held()).toEqual([[2]]);
    const masked = await vllm.provider([], { devices: [1] });
    expect((await caught(masked.setup(vllm.model('a')))).message).toBe(
      'vllm: devices names GPU 1, but only 0, 2 can be used here; see nvidia-smi and CUDA_VISIBLE_DEVICES.',
    );
  });

  test('two providers do not take the same GPU', async () => {
    gpus = new FakeGpus(2);
    const options = { command: vllm.command, env: { FAKE_GPUS: gpus.directory } };
    const [one, two] = [new VLLMProvider(options), new VLLMProvider({ ...options, slots: 4 })];
    await openPrivateSession({ vllm: one, batch: two });
    await one.setup(vllm.model('a'));
    await two.setup(vllm.model('a'));
    await eventually(() => gpus.holders().length === 2);
    expect(held()).toEqual([[0], [1]]);
  });

  test('an nvidia-smi that fails is no machine without GPUs, unless the options say so', async () => {
    const provider = await onGpus(1);
    gpus.set({ exitCode: 18 });
    const error = await caught(provider.setup(vllm.model('a')));
    expect(error.code).toBe('SETUP_FAILED');
    expect(error.message).toMatch(
      /^nvidia-smi does not tell which GPUs there are; give devices: \[\] to do without\. /,
    );
    const without = await vllm.provider([], { devices: [] });
    expect((await without.setup(vllm.model('a'))).isActive).toBe(true);
  });

  test.each([6, 9, 12])(
    'an nvidia-smi that ends with code %i, without driver or device, is one',
    async (exitCode) => {
      const provider = await onGpus(1);
      gpus.set({ exitCode });
      expect((await provider.setup(vllm.model('a'))).isActive).toBe(true);
    },
  );

  test('several models share a GPU where maxLive says so', async () => {
    const provider = await onGpus(1, { maxLive: 2, gpuMemoryUtilization: 0.2 });
    await Promise.all([provider.setup(vllm.model('a')), provider.setup(vllm.model('b'))]);
    await eventually(() => gpus.holders().length === 2);
    expect(held()).toEqual([[0], [0]]);
  });
});

describe('the memory of a GPU', () => {
  test('is free again before the next model starts', async () => {
    const provider = await onGpus(1);
    gpus.set({ releaseMs: 1000 });
    const handle = await provider.setup(vllm.model('a'));
    await eventually(() => gpus.holders().length === 1);
    const next = provider.setup(vllm.model('b'));
    const since = performance.now();
    await handle.teardown();
    await next;
    expect(performance.now() - since).toBeGreaterThan(1000);
  });

  test('is asked for before a start, which names who holds it', async () => {
    const provider = await onGpus(1);
    gpus.hold(process.pid, 'python train.py', [0], 70_000);
    expect(vllm.readable(await caught(provider.setup(vllm.model('a')))).split('\n')).toEqual([
      'SETUP_FAILED: vllm:DIR/a: GPU 0 has 11.29 of 79.65 GiB free, and gpuMemoryUtilization 0.9 asks for 71.68 GiB; held by pid PID (python train.py) with 70000 MiB.',
      'What to do: Lower gpuMemoryUtilization, or stop what holds the memory.',
    ]);
    expect(vllm.session!.pids).toEqual([]);
  });

  test('keeps the GPU from the next model while it does not come back, and gives it when it has', async () => {
    gpus = new FakeGpus(1);
    class Guarded extends VLLMProvider {
      override async createResource(
        _name: string,
        _config: undefined,
        context: ResourceContext,
      ): Promise<ModelConnection> {
        await guardMemory(context, 0.5, 200);
        return { baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none', model: 'none' };
      }
    }
    const provider = new Guarded();
    Object.defineProperty(provider, 'constraints', { value: { ...provider.constraints, retain: 'lease' } });
    await vllm.open(provider);
    const first = await provider.setup('a');
    gpus.set({ releaseMs: null });
    // No process has this number.
    gpus.hold(2 ** 22 + 1, 'VLLM::EngineCore', [0], 70_000);
    const held =
      'GPU 0 is not free again: held by pid PID (VLLM::EngineCore) with 70000 MiB (0 s after its processes ended)';
    expect(vllm.readable(await caught(first.teardown()))).toBe(
      `TEARDOWN_FAILED: "vllm:a#1" could not be torn down: memory of its GPUs: ${held}`,
    );
    expect(vllm.readable(await caught(provider.setup('b')))).toBe(
      `TEARDOWN_FAILED: "vllm:b" has no place, because the resource that holds it cannot be stopped: "vllm:a#1" could not be torn down: memory of its GPUs: ${held}`,
    );
    gpus.free();
    expect((await provider.setup('b')).resourceId).toBe('vllm:b#1');
  });

  test('is not watched on a part of a GPU, and the table of the session says so', async () => {
    process.env['CUDA_VISIBLE_DEVICES'] = 'MIG-0123';
    const provider = await onGpus(1, { env: {} });
    await provider.setup(vllm.model('a'));
    expect(sessionTable(vllm.session!.events).split('\n').at(-1)).toBe(
      `vllm:${vllm.model('a')}: GPU memory is not checked before and after it, since nvidia-smi does not list its device.`,
    );
  });

  test('is not watched without nvidia-smi, and the table of the session says so', async () => {
    const provider = await onGpus(1);
    process.env['PATH'] = vllm.directory;
    await provider.setup(vllm.model('a'));
    expect(sessionTable(vllm.session!.events).split('\n').at(-1)).toBe(
      `vllm:${vllm.model('a')}: GPU memory is not checked before and after it, since there is no nvidia-smi.`,
    );
  });
});
