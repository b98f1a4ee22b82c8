/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { FakeVllm, type RefusedStart } from './fake-vllm';

closeSessionsAfterEach();

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

// What vLLM says, as its sources and its users' reports have it.
const failures: readonly RefusedStart[] = [
  {
    title: 'an argument that this vLLM does not know',
    switches: ['--nope'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM does not know the arguments --nope (the server exited with code 2 before it was ready).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --nope',
      'Its last lines:',
      '  | usage: vllm [-h] [-v] {chat,complete,serve,bench,run-batch} ...',
      '  | vllm: error: unrecognized arguments: --nope',
      'What to do: Remove them from extraArgs; if they are not there, the installed version lacks an option: see vllm --version.',
    ],
  },
  {
    title: 'an argument whose value it cannot read',
    switches: [
      '--fake-say',
      "vllm serve: error: argument --dtype: invalid choice: 'nope'",
      '--fake-exit',
      '2',
    ],
    message: [
      "SETUP_FAILED: vllm:DIR/a: vLLM cannot read the argument --dtype: invalid choice: 'nope' (the server exited with code 2 before it was ready).",
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'vllm serve: error: argument --dtype: invalid choice: '\\''nope'\\''' --fake-exit 2",
      'Its last lines:',
      "  | vllm serve: error: argument --dtype: invalid choice: 'nope'",
      'What to do: Correct the option or extraArgs; vllm serve --help=all shows what it takes.',
    ],
  },
  {
    title: 'a device whose memory others hold',
    switches: [
      '--fake-say',
      '(EngineCore pid=7) ValueError: Free memory on device cuda:0 (2.6/121.63 GiB) on startup is less than desired GPU memory utilization (0.92, 111.9 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.\\nRuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the device has 2.6 of 121.63 GiB free, and gpuMemoryUtilization 0.92 asks for 111.9 GiB (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say '(EngineCore pid=PID) ValueError: Free memory on device cuda:0 (2.6/121.63 GiB) on startup is less than desired GPU memory utilization (0.92, 111.9 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.\\nRuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}' --fake-exit 1",
      'Its last lines:',
      '  | (EngineCore pid=PID) ValueError: Free memory on device cuda:0 (2.6/121.63 GiB) on startup is less than desired GPU memory utilization (0.92, 111.9 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
      '  | RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
      'What to do: Lower gpuMemoryUtilization, or stop what holds the memory: nvidia-smi names it.',
    ],
  },
  {
    title: 'a GPU that runs out of memory',
    switches: [
      '--fake-say',
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the GPU ran out of memory (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.' --fake-exit 1",
      'Its last lines:',
      '  | torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
      'What to do: Lower maxModelLen or gpuMemoryUtilization, or spread the model over more GPUs by tensorParallelSize.',
    ],
  },
  {
    title: 'a kernel that reads memory which is not its own',
    switches: [
      '--fake-say',
      'torch.AcceleratorError: CUDA error: an illegal memory access was encountered',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: a kernel read memory that is not its own, and the engine cannot go on (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'torch.AcceleratorError: CUDA error: an illegal memory access was encountered' --fake-exit 1",
      'Its last lines:',
      '  | torch.AcceleratorError: CUDA error: an illegal memory access was encountered',
      'What to do: Update vLLM and the driver; enforceEager often avoids it.',
    ],
  },
  {
    title: 'a vLLM that cannot sleep',
    switches: [
      '--fake-say',
      '  Value error, Sleep mode is not supported on current platform. [type=value_error]',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM cannot sleep here (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say '  Value error, Sleep mode is not supported on current platform. [type=value_error]' --fake-exit 1",
      'Its last lines:',
      '  |   Value error, Sleep mode is not supported on current platform. [type=value_error]',
      'What to do: Leave the option sleep out, or install a build of vLLM for CUDA.',
    ],
  },
  {
    title: 'a model that leaves no memory for the KV cache',
    switches: [
      '--fake-say',
      'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the model leaves no memory for the KV cache (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.' --fake-exit 1",
      'Its last lines:',
      '  | ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
      'What to do: Raise gpuMemoryUtilization, lower maxModelLen, or take a smaller or a quantized model.',
    ],
  },
  {
    title: 'a context that does not fit into the KV cache',
    switches: [
      '--fake-say',
      "ValueError: To serve at least one request with the model's max seq len (40960), (4.38 GiB KV cache is needed, which is larger than the available KV cache memory (1.2 GiB). Try increasing `gpu_memory_utilization`",
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: a request of maxModelLen 40960 does not fit into the KV cache (1.2 GiB) (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'ValueError: To serve at least one request with the model'\\''s max seq len (40960), (4.38 GiB KV cache is needed, which is larger than the available KV cache memory (1.2 GiB). Try increasing `gpu_memory_utilization`' --fake-exit 1",
      'Its last lines:',
      "  | ValueError: To serve at least one request with the model's max seq len (40960), (4.38 GiB KV cache is needed, which is larger than the available KV cache memory (1.2 GiB). Try increasing `gpu_memory_utilization`",
      'What to do: Lower maxModelLen or raise gpuMemoryUtilization.',
    ],
  },
  {
    title: 'the same, as older versions say it',
    switches: [
      '--fake-say',
      "ValueError: The model's max seq len (8192) is larger than the maximum number of tokens that can be stored in KV cache (6048).",
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: a request of maxModelLen 8192 does not fit into the KV cache (6048) (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'ValueError: The model'\\''s max seq len (8192) is larger than the maximum number of tokens that can be stored in KV cache (6048).' --fake-exit 1",
      'Its last lines:',
      "  | ValueError: The model's max seq len (8192) is larger than the maximum number of tokens that can be stored in KV cache (6048).",
      'What to do: Lower maxModelLen or raise gpuMemoryUtilization.',
    ],
  },
  {
    title: 'a context that is longer than the model was made for',
    switches: [
      '--fake-say',
      'Value error, User-specified max_model_len (4096) is greater than the derived max_model_len (max_position_embeddings=512)',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: maxModelLen 4096 is more than the model was made for (max_position_embeddings=512) (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'Value error, User-specified max_model_len (4096) is greater than the derived max_model_len (max_position_embeddings=512)' --fake-exit 1",
      'Its last lines:',
      '  | Value error, User-specified max_model_len (4096) is greater than the derived max_model_len (max_position_embeddings=512)',
      'What to do: Lower maxModelLen.',
    ],
  },
  {
    title: 'anything else that it refuses of its arguments, in its own words',
    switches: ['--fake-say', 'vllm serve: error: --tool-call-parser is needed', '--fake-exit', '2'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: vLLM refuses its arguments: --tool-call-parser is needed (the server exited with code 2 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'vllm serve: error: --tool-call-parser is needed' --fake-exit 2",
      'Its last lines:',
      '  | vllm serve: error: --tool-call-parser is needed',
      'What to do: Correct the options or extraArgs; vllm serve --help=all shows what it takes.',
    ],
  },
  {
    title: 'anything else that keeps it from starting, in its own words',
    switches: ['--fake-say', 'ValueError: The quantization method awq is not there.', '--fake-exit', '1'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: vLLM refuses to start: The quantization method awq is not there. (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'ValueError: The quantization method awq is not there.' --fake-exit 1",
      'Its last lines:',
      '  | ValueError: The quantization method awq is not there.',
      'What to do: See its lines above.',
    ],
  },
  {
    title: 'an inner port that another engine takes, three times',
    switches: [
      '--fake-say',
      'torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port: 29500, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port PORT, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use' --fake-exit 1",
      'Its last lines:',
      '  | torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port PORT, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use',
      'What to do: Try again; if it stays so, something on this machine takes ports as soon as they are free.',
    ],
  },
  {
    title: 'its own port that others take, three times',
    switches: [
      '--fake-say',
      "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'OSError: [Errno 98] error while attempting to bind on address ('\\''127.0.0.1'\\'', 8000): address already in use' --fake-exit 1",
      'Its last lines:',
      "  | OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
      'What to do: Try again; if it stays so, something on this machine takes ports as soon as they are free.',
    ],
  },
  {
    title: 'a port that others take, as launchers of vLLM say it, three times',
    switches: ['--fake-say', 'RuntimeError: Port 8000 is already in use.', '--fake-exit', '1'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'RuntimeError: Port PORT is already in use.' --fake-exit 1",
      'Its last lines:',
      '  | RuntimeError: Port PORT is already in use.',
      'What to do: Try again; if it stays so, something on this machine takes ports as soon as they are free.',
    ],
  },
  {
    title: 'the cause, not the ports that it had got over by itself',
    switches: [
      '--fake-say',
      'WARNING Address already in use. Retrying with a new port.\\nINFO Port 29500 is already in use, trying port 29501\\nCUDA error: out of memory',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the GPU ran out of memory (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'WARNING Address already in use. Retrying with a new port.\\nINFO Port PORT is already in use, trying port PORT\\nCUDA error: out of memory' --fake-exit 1",
      'Its last lines:',
      '  | WARNING Address already in use. Retrying with a new port.',
      '  | INFO Port PORT is already in use, trying port PORT',
      '  | CUDA error: out of memory',
      'What to do: Lower maxModelLen or gpuMemoryUtilization, or spread the model over more GPUs by tensorParallelSize.',
    ],
  },
  {
    title: 'a model that asks for permission',
    switches: ['--fake-say', 'huggingface_hub.errors.GatedRepoError: 401 Client Error.', '--fake-exit', '1'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: Hugging Face does not give out the model without permission (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'huggingface_hub.errors.GatedRepoError: 401 Client Error.' --fake-exit 1",
      'Its last lines:',
      '  | huggingface_hub.errors.GatedRepoError: 401 Client Error.',
      'What to do: Accept its licence on its page, and set HF_TOKEN.',
    ],
  },
  {
    title: 'a model that is not here and cannot be downloaded',
    switches: [
      '--fake-say',
      'huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the model is not on this machine, and it cannot be downloaded (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder' --fake-exit 1",
      'Its last lines:',
      '  | huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder',
      'What to do: Download it first (hf download), or let this machine reach Hugging Face.',
    ],
  },
  {
    title: 'a model that does not exist',
    switches: [
      '--fake-say',
      "OSError: no/such is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: there is no such model, neither as a directory nor on Hugging Face (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'OSError: no/such is not a local folder and is not a valid model identifier listed on '\\''https://huggingface.co/models'\\''' --fake-exit 1",
      'Its last lines:',
      "  | OSError: no/such is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
      'What to do: Correct its name; paths begin with ./, ../ or /.',
    ],
  },
  {
    title: 'a build for another kind of device',
    switches: [
      '--fake-say',
      'RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`',
      '--fake-exit',
      '1',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM finds no device that it was built for (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`' --fake-exit 1",
      'Its last lines:',
      '  | RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`',
      'What to do: On a machine without GPU use the CPU build of vLLM; with one, see whether nvidia-smi works.',
    ],
  },
  {
    title: 'a kind of model that it does not know',
    switches: [
      '--fake-say',
      "ValueError: Model architectures ['NopeForCausalLM'] are not supported for now. Supported architectures: dict_keys([])",
      '--fake-exit',
      '1',
    ],
    message: [
      "SETUP_FAILED: vllm:DIR/a: this vLLM does not know the kind of model ['NopeForCausalLM'] (the server exited with code 1 before it was ready).",
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'ValueError: Model architectures ['\\''NopeForCausalLM'\\''] are not supported for now. Supported architectures: dict_keys([])' --fake-exit 1",
      'Its last lines:',
      "  | ValueError: Model architectures ['NopeForCausalLM'] are not supported for now. Supported architectures: dict_keys([])",
      'What to do: Update vLLM; a model that brings its own code also needs trustRemoteCode.',
    ],
  },
  {
    title: 'no GPU',
    switches: ['--fake-say', 'RuntimeError: No CUDA GPUs are available', '--fake-exit', '1'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: vLLM sees no GPU (the server exited with code 1 before it was ready).',
      "Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-say 'RuntimeError: No CUDA GPUs are available' --fake-exit 1",
      'Its last lines:',
      '  | RuntimeError: No CUDA GPUs are available',
      'What to do: See whether nvidia-smi works here, and what CUDA_VISIBLE_DEVICES and the option devices leave.',
    ],
  },
  {
    title: 'a build for another processor',
    switches: ['--fake-exit', 'SIGILL'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM was built for another processor (the server was ended by SIGILL before it was ready).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-exit SIGILL',
      'It printed nothing.',
      'What to do: Install a build for this machine.',
    ],
  },
  {
    title: 'the system, which kills it',
    switches: ['--fake-exit', 'SIGKILL', '--fake-when', 'ready'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: the system killed vLLM, most likely because memory ran out (the server was ended by SIGKILL before it was ready).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-exit SIGKILL --fake-when ready',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
      "What to do: Use a smaller model, or give the machine or container more memory; the kernel's log (dmesg) says what was killed.",
    ],
  },
  {
    title: 'an engine that dies, upon which the server ends with code 0',
    switches: ['--fake-engine-dies', '--fake-when', 'ready', '--fake-load-ms', '100', '--fake-silent'],
    message: [
      "SETUP_FAILED: vllm:DIR/a: vLLM's engine died, upon which its server ends with code 0 (the server exited with code 0 before it was ready).",
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-engine-dies --fake-when ready --fake-load-ms 100 --fake-silent',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
      '  | INFO:     Application shutdown complete.',
      'What to do: See its lines above "Application shutdown complete".',
    ],
  },
  {
    title: 'a server that ends with code 0 at once',
    switches: ['--fake-exit', '0'],
    message: [
      "SETUP_FAILED: vllm:DIR/a: vLLM's engine died, upon which its server ends with code 0 (the server exited with code 0 before it was ready).",
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-exit 0',
      'It printed nothing.',
      'What to do: See its lines above "Application shutdown complete".',
    ],
  },
];

test.each(failures)('the message of a failed start names $title', async ({ switches, options, message }) => {
  expect((await vllm.refused(switches, options)).split('\n')).toEqual(message);
});

test('a cause is found far above the last lines, which are the traceback of its effect', async () => {
  const traceback = Array.from({ length: 300 }, (_, index) => `  File "core.py", line ${index}`).join('\\n');
  const text = `ValueError: No available memory for the cache blocks.\\n${traceback}`;
  const lines = (await vllm.refused(['--fake-say', text, '--fake-exit', '1'])).split('\n');
  expect(lines[0]).toContain(': the model leaves no memory for the KV cache (');
  expect(lines.filter((line) => line.startsWith('  | '))).toHaveLength(20);
});

test('says no secret, though the server prints all it knows', async () => {
  const switches = ['--fake-env', '--fake-exit', '1', '--fake-when', 'ready'];
  const message = await vllm.refused(switches, { env: { HF_TOKEN: 'hf_secret_token', NAME: 'shown' } });
  expect(message).toContain('"VLLM_API_KEY":"[redacted]"');
  expect(message).toContain('"HF_TOKEN":"[redacted]"');
  expect(message).toContain('"NAME":"shown"');
  expect(message).not.toContain('hf_secret_token');
});
