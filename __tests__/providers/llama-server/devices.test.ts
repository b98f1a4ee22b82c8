/** @jest-environment jest-model-provider/environment */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LlamaServerProvider, VLLMProvider, type LlamaServerOptions } from 'jest-model-provider';
import { caught } from '../../support/caught';
import { FakeGpus } from '../../fixtures/fake-gpus';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { FakeVllm } from '../vllm/fake-vllm';

const novice = path.resolve(__dirname, '../../../models/novice.gguf');
const vllm = new FakeVllm();
const command = path.join(vllm.directory, 'llama-server');
const seen = path.join(vllm.directory, 'seen');
const server = path.resolve(__dirname, '../../fixtures/fake-model-server.js');
writeFileSync(
  command,
  `#!/bin/sh
echo "$CUDA_VISIBLE_DEVICES" > '${seen}'
while [ $# -gt 0 ]; do
  case "$1" in --alias) alias=$2;; --tags) tag=$2;; --port) port=$2;; esac
  shift
done
exec '${process.execPath}' '${server}' --port "$port" --alias "$alias,$tag"
`,
  { mode: 0o755 },
);

let gpus: FakeGpus;
closeSessionsAfterEach();
beforeEach(() => {
  process.env['CUDA_VISIBLE_DEVICES'] = '0,1,2';
  gpus = new FakeGpus(3);
});
// After the sessions have ended.
afterEach(() => {
  gpus.remove();
  delete process.env['CUDA_VISIBLE_DEVICES'];
});
afterAll(() => vllm.remove());

const visible = (): string => readFileSync(seen, 'utf8').trim();

/** A llama-server and a vLLM that asks for GPU 0, in one session. */
async function both(options: LlamaServerOptions) {
  const llama = new LlamaServerProvider({ command, ...options });
  const other = new VLLMProvider({ command: vllm.command, devices: [0] });
  const session = await openPrivateSession({ llama, vllm: other });
  const order = (): string[] =>
    session.events.flatMap((event) =>
      event.type === 'starting' || event.type === 'stopped' ? [`${event.type} ${event.resourceId[0]}`] : [],
    );
  return { llama, other, order };
}

test.each([
  ['layers on the GPU', { gpuLayers: 99 }],
  ['nothing said of the GPU', {}],
])(
  'with %s it takes all GPUs that are left to it, and a vLLM waits until they are free',
  async (_title, options) => {
    const { llama, other, order } = await both(options);
    const handle = await llama.setup(novice);
    expect(visible()).toBe('0,1,2');
    const waiting = other.setup(vllm.model('a'));
    await handle.teardown();
    await waiting;
    expect(order()).toEqual(['starting l', 'stopped l', 'starting v']);
  },
);

test('the option devices names them, and a vLLM lives on another one', async () => {
  const { llama, other, order } = await both({ devices: [1, 2] });
  await llama.setup(novice);
  expect(visible()).toBe('1,2');
  await other.setup(vllm.model('a'));
  expect(order()).toEqual(['starting l', 'starting v']);
});

test.each([
  ['no layers on the GPU', { gpuLayers: 0 }],
  ['devices: []', { gpuLayers: 99, devices: [] }],
])('with %s it takes none, and sees none', async (_title, options) => {
  const { llama, other, order } = await both(options);
  await llama.setup(novice);
  expect(visible()).toBe('');
  await other.setup(vllm.model('a'));
  expect(order()).toEqual(['starting l', 'starting v']);
});

test('memory that a GPU does not give back keeps the next model from it', async () => {
  const { llama, other } = await both({ devices: [0] });
  const handle = await llama.setup(novice);
  gpus.hold(2 ** 22 + 1, 'llama-server', [0], 60_000);
  gpus.set({ releaseMs: 700 });
  await handle.teardown();
  await other.setup(vllm.model('a'));
  expect(gpus.holders().map(({ pid }) => pid)).not.toContain(2 ** 22 + 1);
});

test.each([
  [
    [0, 0],
    'llama-server: devices is [0,0]; it must be an array of different GPU indexes, as nvidia-smi numbers them.',
  ],
  [
    [5],
    'llama-server: devices names GPU 5, but only 0, 1, 2 can be used here; see nvidia-smi and CUDA_VISIBLE_DEVICES.',
  ],
])('devices %j are refused', async (devices, message) => {
  const { llama } = await both({ devices });
  expect(await caught(llama.setup(novice))).toMatchObject({ code: 'CONFIG_INVALID', message });
});
