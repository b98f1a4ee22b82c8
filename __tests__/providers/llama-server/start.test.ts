/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LlamaServerProvider, type LlamaServerOptions, type ModelProviderError } from 'jest-model-provider';
import { caught } from '../../support/caught';
import {
  closeSessionsAfterEach,
  openPrivateSession,
  type PrivateSession,
} from '../../fixtures/private-session';

closeSessionsAfterEach();

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jmp-'));
// In a path of its own, since that of the repository may have spaces, which messages show in quotes.
const novice = path.join(directory, 'novice.gguf');
fs.copyFileSync(path.resolve(__dirname, '../../../models/novice.gguf'), novice);
afterAll(() => fs.rmSync(directory, { recursive: true }));

let session: PrivateSession;

/** What a setup is refused with, when `script` stands for llama-server. */
async function refused(
  script: string,
  options: LlamaServerOptions = {},
  name = novice,
): Promise<ModelProviderError> {
  const command = path.join(directory, 'llama-server');
  fs.writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const provider = new LlamaServerProvider({ command, ...options });
  session = await openPrivateSession({ llama: provider });
  return caught(provider.setup(name));
}

/** The arguments of a llama-server, as the error about its end shows them. */
async function argumentsOf(options: LlamaServerOptions = {}, name = novice): Promise<string> {
  const { message } = await refused('exit 1', options, name);
  return /^Command: \S+ (.*)$/m
    .exec(message)![1]!
    .replace(/jmp-[0-9a-f]{16}/, 'NONCE')
    .replace(/--port \d+/, '--port PORT')
    .replaceAll(path.dirname(name), 'DIR');
}

describe('the command line of llama-server', () => {
  test('names model, address and context, and leaves the rest to llama-server', async () => {
    expect(await argumentsOf()).toBe(
      '-m DIR/novice.gguf --alias novice.gguf --tags NONCE --host 127.0.0.1 --port PORT -c 4096 -np 1 --fit off --offline',
    );
  });

  test('has the options, with the context of all slots together, and further arguments last', async () => {
    const options = { contextSize: 512, slots: 3, gpuLayers: 0, threads: 2, extraArgs: ['--seed', '1'] };
    expect(await argumentsOf(options)).toMatch(/ -c 1536 -np 3 -ngl 0 -t 2 --fit off --offline --seed 1$/);
  });

  test('takes options of one resource before those of the provider', async () => {
    const command = path.join(directory, 'llama-server');
    const provider = new LlamaServerProvider({ command, slots: 2 });
    await openPrivateSession({ llama: provider });
    const { message } = await caught(provider.setup(novice, { slots: 4 }));
    expect(message).toContain(' -c 16384 -np 4 ');
  });

  test('has no comma in the model’s name, where llama-server would split it', async () => {
    const file = path.join(directory, ' a,b.gguf');
    fs.copyFileSync(novice, file);
    expect(await argumentsOf({}, file)).toContain("-m 'DIR/ a,b.gguf' --alias a_b.gguf --tags ");
  });

  test('never holds the key, which is in the environment, and no variable of the user’s is passed on', async () => {
    process.env['LLAMA_ARG_CTX_SIZE'] = '7';
    process.env['UNRELATED_SECRET'] = 'unrelated-word';
    try {
      const { message } = await refused('env; exit 1');
      expect(message).toContain('LLAMA_API_KEY=[redacted]');
      expect(message).not.toMatch(/[0-9a-f]{64}|LLAMA_ARG_CTX_SIZE|unrelated-word/);
    } finally {
      delete process.env['LLAMA_ARG_CTX_SIZE'];
      delete process.env['UNRELATED_SECRET'];
    }
  });
});

describe('a start of llama-server is refused before any process', () => {
  afterEach(() => expect(session.pids).toEqual([]));

  test.each([
    ['it does not exist', 'no-such-file', 'does not exist'],
    ['it is not executable', 'plain-file', 'is not executable'],
  ])('when the command is a path and %s', async (_why, name, problem) => {
    fs.writeFileSync(path.join(directory, 'plain-file'), '');
    const command = path.join(directory, name);
    const error = await refused('', { command });
    expect(error.code).toBe('COMMAND_NOT_FOUND');
    expect(error.message).toBe(
      `Command "${command}" cannot be started: ${command} ${problem}. Install llama.cpp, set LLAMA_SERVER to its ` +
        'llama-server, or give new LlamaServerProvider({ command }).',
    );
    expect(error.details).toEqual({ command });
  });

  test('when no llama-server is on PATH, or where LLAMA_SERVER says', async () => {
    const { PATH, LLAMA_SERVER } = process.env;
    process.env['PATH'] = path.join(directory, 'empty');
    delete process.env['LLAMA_SERVER'];
    const provider = new LlamaServerProvider();
    session = await openPrivateSession({ llama: provider });
    try {
      expect((await caught(provider.setup(novice))).message).toContain(
        'Command "llama-server" cannot be started: it is not on PATH. Install llama.cpp',
      );
      process.env['LLAMA_SERVER'] = '/no/llama';
      expect((await caught(provider.setup(novice))).message).toContain(
        'Command "/no/llama" cannot be started: /no/llama does not exist. Install llama.cpp',
      );
    } finally {
      process.env['PATH'] = PATH;
      if (LLAMA_SERVER === undefined) delete process.env['LLAMA_SERVER'];
      else process.env['LLAMA_SERVER'] = LLAMA_SERVER;
    }
  });

  test.each([
    [{ contextSize: 0 }, 'contextSize is 0; it must be a whole number of at least 1.'],
    [{ contextSize: 1.5 }, 'contextSize is 1.5; it must be a whole number of at least 1.'],
    [{ slots: -1 }, 'slots is -1; it must be a whole number of at least 1.'],
    [{ gpuLayers: -1 }, 'gpuLayers is -1; it must be a whole number of at least 0.'],
    [{ threads: NaN }, 'threads is NaN; it must be a whole number of at least 1.'],
    [{ startStallMs: 0 }, 'startStallMs is 0; it must be a whole number of at least 1.'],
    [{ contextSize: '512' }, 'contextSize is "512"; it must be a whole number of at least 1.'],
    [{ extraArgs: '--verbose' }, 'extraArgs is "--verbose"; it must be an array of texts.'],
    [
      { contextsize: 512 },
      'there is no option contextsize; did you mean contextSize? What llama-server alone knows goes into extraArgs.',
    ],
    [
      { temperature: 0 },
      'there is no option temperature. What llama-server alone knows goes into extraArgs.',
    ],
    [
      { extraArgs: ['--seed', '1', '--port=8000'] },
      'extraArgs has --port, which the provider gives itself: each start has its own.',
    ],
    [
      { extraArgs: ['-m', 'other.gguf'] },
      'extraArgs has -m, which the provider gives itself: the spec names it.',
    ],
  ])('when the options are %j', async (options: object, problem) => {
    const error = await refused('', options);
    expect([error.code, error.message]).toEqual(['CONFIG_INVALID', `llama-server: ${problem}`]);
  });
});

describe('a llama-server that ends tells why', () => {
  test.each([
    ['missing', undefined, 'does not exist'],
    ['empty', Buffer.alloc(0), 'is not a GGUF file'],
    ['no GGUF file', Buffer.from('hello world, this is no model'), 'is not a GGUF file'],
    ['cut off in its header', fs.readFileSync(novice).subarray(0, 5000), 'truncated'],
    ['cut off in its data', fs.readFileSync(novice).subarray(0, 300_000), 'truncated'],
  ])('when the model is %s', async (name, bytes, problem) => {
    const file = path.join(directory, `${name}.gguf`);
    if (bytes !== undefined) fs.writeFileSync(file, bytes);
    const error = await refused('echo "failed to load model"; exit 1', {}, file);
    expect(error.code).toBe('GGUF_INVALID');
    expect(error.message).toContain(file);
    expect(error.message).toContain(problem);
  });

  // What llama-server prints and how it ends, with the whole message.
  test.each([
    {
      title: 'it was ended by SIGILL',
      script: 'echo loading; kill -ILL $$',
      end: { signal: 'SIGILL', code: null },
      cause:
        'the llama-server binary was built for another processor (the server was ended by SIGILL before it was ready)',
      lines: ['loading'],
      fix: 'Use a build for this machine; some prebuilt binaries run f16 and f32 models only.',
    },
    {
      title: 'it was ended by SIGKILL',
      script: 'echo loading; kill -KILL $$',
      end: { signal: 'SIGKILL', code: null },
      cause:
        'the system killed llama-server, most likely because memory ran out (the server was ended by SIGKILL before it was ready)',
      lines: ['loading'],
      fix: 'Use a smaller model or contextSize, or fewer slots.',
    },
    {
      title: 'it is too old for an argument',
      script: 'echo "error: invalid argument: --tags"; exit 1',
      end: { signal: null, code: 1 },
      cause:
        'llama-server does not know the argument --tags (the server exited with code 1 before it was ready)',
      lines: ['error: invalid argument: --tags'],
      fix: 'Remove it from extraArgs; if it is not there, update llama.cpp: --tags and --fit need a build of March 2026 or newer.',
    },
    {
      title: 'it cannot load the model',
      script: `echo "srv load_model: failed to load model, 'x.gguf'"; exit 1`,
      end: { signal: null, code: 1 },
      cause: 'llama-server could not load the model (the server exited with code 1 before it was ready)',
      lines: ["srv load_model: failed to load model, 'x.gguf'"],
      fix: 'See its lines above; the file itself has a valid GGUF header.',
    },
    {
      title: 'others take every port',
      script: `echo "start: couldn't bind HTTP server socket, hostname: 127.0.0.1"; exit 1`,
      end: { signal: null, code: 1 },
      cause:
        'other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken)',
      lines: ["start: couldn't bind HTTP server socket, hostname: 127.0.0.1"],
      fix: 'Try again; if it stays so, something on this machine takes ports as soon as they are free.',
    },
  ])('when $title', async ({ script, end, cause, lines, fix }) => {
    const { code, message, details } = await refused(script);
    expect([code, details]).toEqual(['SETUP_FAILED', expect.objectContaining(end)]);
    const text = message.replaceAll(/jmp-[0-9a-f]{16}/g, 'NONCE').replaceAll(/\bport \d+/g, 'port PORT');
    expect(
      text
        .replaceAll(/--port \d+/g, '--port PORT')
        .replaceAll(directory, 'DIR')
        .split('\n'),
    ).toEqual([
      `llama:DIR/novice.gguf: ${cause}.`,
      'Command: DIR/llama-server -m DIR/novice.gguf --alias novice.gguf --tags NONCE --host 127.0.0.1 --port PORT -c 4096 -np 1 --fit off --offline',
      'Its last lines:',
      ...lines.map((line) => `  | ${line}`),
      `What to do: ${fix}`,
    ]);
  });

  test.each([0, 1, 3])('even when it says nothing and exits with code %i', async (code) => {
    const error = await refused(`exit ${code}`);
    expect(error.message).toContain(
      `: llama-server ended without a reason that is known here (the server exited with code ${code} before it was ready).`,
    );
    expect(error.message).toContain('\nIt printed nothing.\nWhat to do: Run the command above in a terminal');
  });

  test.each([
    ['CUDA error: out of memory', 'the model does not fit into memory'],
    ['ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed', 'the model does not fit into memory'],
    [
      "tensor 'x' data is not within the file bounds, model is corrupted",
      'the model file is corrupt or incomplete',
    ],
    [
      "error loading model: unknown model architecture: 'foo'",
      "model's kind: unknown model architecture: 'foo'",
    ],
    ['srv load_model: failed to load model', 'llama-server could not load the model'],
  ])('when it prints %s', async (line, cause) => {
    const error = await refused(`cat <<'END'\n${line}\nEND\nexit 1`);
    expect(error.message.split('\n')[0]).toContain(cause);
  });
});
