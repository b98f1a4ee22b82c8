import type { FailureHint } from '../../process/output/failure-report';

// Conflicts of the API server, of torch's TCPStore, and of uvicorn. Two engines that start at the same time
// may also get the same inner port: https://github.com/vllm-project/vllm/issues/39015. A conflict that vLLM
// resolves by itself ("Retrying with a new port.", "trying port 29501") does not count.
export const vllmPortConflict =
  /EADDRINUSE|address already in use(?!\. Retrying)|Port \d+ .*already in use(?!, trying)/i;

/**
 * Known failures of vLLM, by its output or its exit. The first match is reported, so causes come before
 * effects.
 */
export const vllmHints: readonly FailureHint[] = [
  {
    pattern: /vllm[^\n]*: error: unrecognized arguments: ([^\n]+)/,
    cause: 'this vLLM does not know the arguments $1',
    fix: 'Remove them from extraArgs; if they are not there, the installed version lacks an option: see vllm --version.',
  },
  {
    pattern: /vllm[^\n]*: error: argument ([^\n]+)/,
    cause: 'vLLM cannot read the argument $1',
    fix: 'Correct the option or extraArgs; vllm serve --help=all shows what it takes.',
  },
  {
    pattern:
      /Free memory on device (\S+ )?\(([\d.]+)\/([\d.]+) GiB\) on startup is less than desired [GC]PU memory utilization \(([\d.]+), ([\d.]+) GiB\)/,
    cause: 'the device has $2 of $3 GiB free, and gpuMemoryUtilization $4 asks for $5 GiB',
    fix: 'Lower gpuMemoryUtilization, or stop what holds the memory: nvidia-smi names it.',
  },
  {
    pattern: /No available memory for the cache blocks/,
    cause: 'the model leaves no memory for the KV cache',
    fix: 'Raise gpuMemoryUtilization, lower maxModelLen, or take a smaller or a quantized model.',
  },
  {
    pattern:
      /max seq len \((\d+)\)[^\n]*(?:larger than the (?:available KV cache memory|maximum number of tokens that can be stored in KV cache) \(([^)\n]+)\))/,
    cause: 'a request of maxModelLen $1 does not fit into the KV cache ($2)',
    fix: 'Lower maxModelLen or raise gpuMemoryUtilization.',
  },
  {
    pattern: /max_model_len \((\d+)\) is greater than the derived max_model_len \(([^)\n]+)\)/,
    cause: 'maxModelLen $1 is more than the model was made for ($2)',
    fix: 'Lower maxModelLen.',
  },
  {
    pattern: /CUDA out of memory|CUDA error: out of memory|OutOfMemoryError/,
    cause: 'the GPU ran out of memory',
    fix: 'Lower maxModelLen or gpuMemoryUtilization, or spread the model over more GPUs by tensorParallelSize.',
  },
  {
    pattern: /CUDA error: an illegal memory access|illegal memory access/i,
    cause: 'a kernel read memory that is not its own, and the engine cannot go on',
    fix: 'Update vLLM and the driver; enforceEager often avoids it.',
  },
  {
    pattern: /Failed to infer device type/,
    cause: 'this vLLM finds no device that it was built for',
    fix: 'On a machine without GPU use the CPU build of vLLM; with one, see whether nvidia-smi works.',
  },
  {
    pattern: /Sleep mode is not supported on current platform/,
    cause: 'this vLLM cannot sleep here',
    fix: 'Leave the option sleep out, or install a build of vLLM for CUDA.',
  },
  {
    pattern: /No CUDA GPUs are available/,
    cause: 'vLLM sees no GPU',
    fix: 'See whether nvidia-smi works here, and what CUDA_VISIBLE_DEVICES and the option devices leave.',
  },
  {
    pattern: /Model architectures (\[[^\]\n]*\]) (?:are not supported|failed to be inspected)/,
    cause: 'this vLLM does not know the kind of model $1',
    fix: 'Update vLLM; a model that brings its own code also needs trustRemoteCode.',
  },
  {
    pattern: /GatedRepoError|gated repo|401 Client Error|Access to model \S+ is restricted/i,
    cause: 'Hugging Face does not give out the model without permission',
    fix: 'Accept its licence on its page, and set HF_TOKEN.',
  },
  {
    pattern:
      /LocalEntryNotFoundError|OfflineModeIsEnabled|outgoing traffic has been disabled|offline mode is enabled/,
    cause: 'the model is not on this machine, and it cannot be downloaded',
    fix: 'Download it first (hf download), or let this machine reach Hugging Face.',
  },
  {
    pattern:
      /is not a local folder and is not a valid model identifier|RepositoryNotFoundError|Repo id must /,
    cause: 'there is no such model, neither as a directory nor on Hugging Face',
    fix: 'Correct its name; paths begin with ./, ../ or /.',
  },
  {
    pattern: /vllm[^\n]*: error: ([^\n]+)/,
    cause: 'vLLM refuses its arguments: $1',
    fix: 'Correct the options or extraArgs; vllm serve --help=all shows what it takes.',
  },
  {
    pattern: /(?:Value error|ValidationError[^\n]*|ValueError): ?,? ?([^\n]+)/,
    cause: 'vLLM refuses to start: $1',
    fix: 'See its lines above.',
  },
  {
    // https://github.com/vllm-project/vllm/issues/36451
    pattern: /waiting for first token \(no answer/,
    cause: 'the engine answers nothing, although its server says that it is healthy',
    fix: 'See its lines above; raise startStallMs if its first answer only takes long.',
  },
  {
    pattern: /was ended by SIGILL/,
    cause: 'this vLLM was built for another processor',
    fix: 'Install a build for this machine.',
  },
  {
    pattern: /was ended by SIGKILL/,
    cause: 'the system killed vLLM, most likely because memory ran out',
    fix: "Use a smaller model, or give the machine or container more memory; the kernel's log (dmesg) says what was killed.",
  },
  {
    pattern: /exited with code 0/,
    cause: "vLLM's engine died, upon which its server ends with code 0",
    fix: 'See its lines above "Application shutdown complete".',
  },
];
