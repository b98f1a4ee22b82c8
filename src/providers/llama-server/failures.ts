import type { FailureHint } from '../../process/output/failure-report';

export const llamaServerPortConflict = /couldn't bind HTTP server socket/;

/** Known failures of a start, by the output or the exit of llama-server. */
export const llamaServerHints: readonly FailureHint[] = [
  {
    pattern: /was ended by SIGILL/,
    cause: 'the llama-server binary was built for another processor',
    fix: 'Use a build for this machine; some prebuilt binaries run f16 and f32 models only.',
  },
  {
    pattern: /was ended by SIGKILL/,
    cause: 'the system killed llama-server, most likely because memory ran out',
    fix: 'Use a smaller model or contextSize, or fewer slots.',
  },
  {
    pattern: /invalid argument: (\S+)/,
    cause: 'llama-server does not know the argument $1',
    fix: 'Remove it from extraArgs; if it is not there, update llama.cpp: --tags and --fit need a build of March 2026 or newer.',
  },
  {
    pattern: /error while handling argument "([^"]+)"/,
    cause: 'llama-server cannot read the value of $1',
    fix: 'Correct it in extraArgs; llama-server --help shows what it takes.',
  },
  {
    pattern: /(?:data is not within the file bounds|tensor .* out of bounds)/,
    cause: 'the model file is corrupt or incomplete',
    fix: 'Fetch the file again and compare its size or hash with the source.',
  },
  {
    pattern: /(unknown (?:model architecture|pre-tokenizer type): '[^'\n]*')/,
    cause: "this llama-server does not know the model's kind: $1",
    fix: 'Update llama.cpp.',
  },
  {
    pattern:
      /(?:CUDA error: out of memory|cudaMalloc failed|failed to allocate[^\n]*|unable to allocate[^\n]*)/i,
    cause: 'the model does not fit into memory',
    fix: 'Use a smaller model, contextSize or number of slots, or fewer gpuLayers.',
  },
  {
    pattern: /failed to load model/,
    cause: 'llama-server could not load the model',
    fix: 'See its lines above; the file itself has a valid GGUF header.',
  },
  {
    // Its log is written by a thread that it does not wait for at its end:
    // https://github.com/ggml-org/llama.cpp/issues/22142
    pattern: /The server exited with code \d+/,
    cause: 'llama-server ended without a reason that is known here',
    fix: 'Run the command above in a terminal: llama-server loses its last lines at times.',
  },
];
