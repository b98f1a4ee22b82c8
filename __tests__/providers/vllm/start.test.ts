/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import path from 'node:path';
import { VLLMProvider, type VLLMConfig, type VLLMOptions } from 'jest-model-provider';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { FakeVllm } from './fake-vllm';

closeSessionsAfterEach();

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

/** The command of a server, as the error about its end shows it. */
async function commandOf(options: VLLMOptions = {}, name = vllm.model('a')): Promise<string> {
  const message = await vllm.refused([], { extraArgs: ['--fake-exit', '1'], ...options }, name);
  return /^Command: (.*)$/m.exec(message)![1]!;
}

describe('the command line of vLLM', () => {
  test('names the model, its two names and the address, and leaves the rest to vLLM', async () => {
    expect(await commandOf()).toBe(
      'DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-exit 1',
    );
  });

  test('has every option that is given, and further arguments last', async () => {
    const options: VLLMOptions = {
      maxModelLen: 8192,
      gpuMemoryUtilization: 0.85,
      tensorParallelSize: 2,
      dtype: 'bfloat16',
      quantization: 'awq',
      enforceEager: true,
      servedModelName: 'mine',
      loraAdapters: { sql: '/adapters/sql', chat: 'org/chat' },
      revision: 'v1',
      trustRemoteCode: true,
      devices: [],
    };
    expect(await commandOf(options)).toBe(
      [
        'DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name mine NONCE --max-model-len 8192',
        '--gpu-memory-utilization 0.85 --tensor-parallel-size 2 --dtype bfloat16 --quantization awq --revision v1',
        '--enforce-eager --trust-remote-code --enable-lora --lora-modules sql=/adapters/sql chat=org/chat --fake-exit 1',
      ].join(' '),
    );
  });

  test('begins with the module where the command is a Python', async () => {
    expect(await commandOf({ command: path.join(vllm.directory, 'python3') })).toMatch(
      /^DIR\/python3 -m vllm\.entrypoints\.openai\.api_server --model DIR\/a --host 127\.0\.0\.1 /,
    );
  });

  test('names a repository as it is, also where it has a slash', async () => {
    expect(await commandOf({}, 'Qwen/Qwen3-0.6B')).toContain(
      ' serve Qwen/Qwen3-0.6B --host 127.0.0.1 --port PORT --served-model-name Qwen/Qwen3-0.6B NONCE ',
    );
  });

  test('has no trace of trustRemoteCode and enforceEager that are false', async () => {
    expect(await commandOf({ trustRemoteCode: false, enforceEager: false })).not.toMatch(/trust|eager/);
  });

  test('takes options of one resource before those of the provider', async () => {
    const provider = await vllm.provider([], { maxModelLen: 1, extraArgs: ['--fake-exit', '1'] });
    const { message } = await caught(provider.setup(vllm.model('a'), { maxModelLen: 2 }));
    expect(message).toContain(' --max-model-len 2 ');
  });
});

describe('the environment of vLLM', () => {
  async function environment(
    options: VLLMOptions = {},
    name = vllm.model('a'),
  ): Promise<Record<string, string>> {
    const switches = ['--fake-env', '--fake-exit', '1', '--fake-when', 'ready'];
    const message = await vllm.refused(switches, options, name);
    return JSON.parse(/^ {2}\| (\{.*\})$/m.exec(message)![1]!) as Record<string, string>;
  }

  test('has a key, keeps vLLM on this machine, and is offline for a model that is here', async () => {
    expect(await environment({ startTimeoutMs: 90_500, devices: [] })).toMatchObject({
      VLLM_API_KEY: '[redacted]',
      VLLM_HOST_IP: '127.0.0.1',
      VLLM_NO_USAGE_STATS: '1',
      VLLM_HTTP_TIMEOUT_KEEP_ALIVE: '86400',
      VLLM_WORKER_MULTIPROC_METHOD: 'spawn',
      VLLM_ENGINE_READY_TIMEOUT_S: '91',
      HF_HUB_OFFLINE: '1',
      CUDA_VISIBLE_DEVICES: '',
    });
  });

  test('is not offline for a repository, and has the variables that are given', async () => {
    const variables = await environment({ env: { VLLM_LOGGING_LEVEL: 'DEBUG' } }, 'org/model');
    expect(variables).toMatchObject({ VLLM_LOGGING_LEVEL: 'DEBUG' });
    expect(variables).not.toHaveProperty('HF_HUB_OFFLINE');
    // It is for inner ports, and leaks from one instance to another:
    // https://github.com/vllm-project/vllm/issues/39015
    expect(variables).not.toHaveProperty('VLLM_PORT');
  });

  test('has a directory for temporary files that ends with the server', async () => {
    const { TMPDIR } = await environment();
    expect(fs.existsSync(TMPDIR!)).toBe(false);
  });
});

describe('what is refused before anything starts', () => {
  const refuse = async (options: object, name = vllm.model('a')): Promise<string> => {
    const message = await vllm.refused([], options, name);
    expect(vllm.session!.pids).toEqual([]);
    return message;
  };

  test.each([
    [{ maxModelLen: 0 }, 'maxModelLen is 0; it must be a whole number of at least 1.'],
    [
      { gpuMemoryUtilization: 1.5 },
      'gpuMemoryUtilization is 1.5; it must be a number above 0 and at most 1.',
    ],
    [{ tensorParallelSize: 1.5 }, 'tensorParallelSize is 1.5; it must be a whole number of at least 1.'],
    [{ dtype: 'int3' }, 'dtype is "int3"; it must be one of auto, half, float16, bfloat16, float, float32.'],
    [{ quantization: '' }, 'quantization is ""; it must be a text that is not empty.'],
    [{ enforceEager: 'yes' }, 'enforceEager is "yes"; it must be true or false.'],
    [{ loraAdapters: ['sql'] }, 'loraAdapters is ["sql"]; it must be an object of texts.'],
    [{ extraArgs: '--seed 1' }, 'extraArgs is "--seed 1"; it must be an array of texts.'],
    [
      { devices: [0, 0] },
      'devices is [0,0]; it must be an array of different GPU indexes, as nvidia-smi numbers them.',
    ],
    [{ env: { HF_TOKEN: 'hf_secret', COUNT: 5 } }, 'env must be an object of texts.'],
    [
      { env: { CUDA_VISIBLE_DEVICES: '1' } },
      'env has CUDA_VISIBLE_DEVICES, which the provider gives itself: use the option devices.',
    ],
    [
      { env: { VLLM_API_KEY: 'mine' } },
      'env has VLLM_API_KEY, which the provider gives itself: each start has its own.',
    ],
    [
      { extraArgs: ['--seed', '1', '--port=8000'] },
      'extraArgs has --port, which the provider gives itself: each start has its own.',
    ],
    [
      { extraArgs: ['-tp', '2'] },
      'extraArgs has -tp, which the provider gives itself: use the option tensorParallelSize.',
    ],
    [
      { extraArgs: ['--served_model_name', 'mine'] },
      'extraArgs has --served-model-name, which the provider gives itself: use the option servedModelName.',
    ],
    [{ stopGraceMs: 0 }, 'stopGraceMs is 0; it must be a whole number of at least 1.'],
    [
      { maxModelLength: 5 },
      'there is no option maxModelLength; did you mean maxModelLen? What vLLM alone knows goes into extraArgs.',
    ],
  ])('the options %j', async (options, message) => {
    expect(await refuse(options)).toBe(`CONFIG_INVALID: vllm: ${message}`);
  });

  test('a directory that is not there, or has no model in it', async () => {
    fs.mkdirSync(vllm.model('empty'), { recursive: true });
    expect(await refuse({}, vllm.model('none'))).toBe(
      "CONFIG_INVALID: vllm:DIR/none: DIR/none is no directory; give the directory of a model in Hugging Face's format, or the name of a repository.",
    );
    expect(await refuse({}, vllm.model('empty'))).toContain('DIR/empty has no config.json; ');
  });

  test('a command that is not there', async () => {
    expect(await refuse({ command: '/no/such/vllm' })).toBe(
      'COMMAND_NOT_FOUND: Command "/no/such/vllm" cannot be started: /no/such/vllm does not exist. Install vLLM, set VLLM_COMMAND to its vllm or to the python of its environment, or give new VLLMProvider({ command }).',
    );
  });

  test('without a command and VLLM_COMMAND, whatever PATH does not have', async () => {
    const PATH = process.env['PATH'];
    try {
      process.env['PATH'] = '/no/such/directory';
      const provider = new VLLMProvider();
      await openPrivateSession({ vllm: provider });
      expect((await caught(provider.setup(vllm.model('a')))).message).toContain(
        'Command "vllm" cannot be started: it is not on PATH.',
      );
      process.env['VLLM_COMMAND'] = '/no/such/vllm';
      expect((await caught(provider.setup(vllm.model('a')))).message).toContain('Command "/no/such/vllm"');
    } finally {
      process.env['PATH'] = PATH;
      delete process.env['VLLM_COMMAND'];
    }
  });
});

test('the identity of a model is its files, the version of vLLM and the options that change answers', async () => {
  const command = path.join(vllm.directory, 'python3');
  const provider = new VLLMProvider({ command, maxModelLen: 64 });
  const identity = (name: string, config?: VLLMConfig) => provider.identity(name, config);
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  expect(await identity(vllm.model('a'))).toEqual({
    weights: { 'config.json': hash, 'model.safetensors': hash },
    engine: '0.0.0+fake',
    maxModelLen: 64,
    dtype: null,
    quantization: null,
    tensorParallelSize: 1,
    loraAdapters: {},
    extraArgs: [],
  });
  expect(await identity('org/model', { revision: 'v2' })).toMatchObject({ weights: 'org/model@v2' });
});
