/** @jest-environment jest-model-provider/environment */
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  LlamaServerProvider,
  type LlamaServerOptions,
  type ModelConnection,
  type ModelProviderError,
  type ResourceContext,
} from 'jest-model-provider';
import { groupMembers } from '../../src/process/os/process-group';
import { writePatchedGguf } from '../fixtures/broken-gguf';
import { caught } from '../support/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { describeWithLlamaServer, makeProvider, modelFile } from './llama-server';

closeSessionsAfterEach();

const novice = modelFile('novice');

// Jest calls no `afterAll` of a file whose tests are all skipped.
let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jmp-'));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

describeWithLlamaServer('a real llama-server that fails', (command) => {
  async function failure(file: string, provider: LlamaServerProvider): Promise<ModelProviderError> {
    const session = await openPrivateSession({ llama: provider });
    const error = await caught(provider.setup(file));
    expect(session.pids.flatMap(groupMembers)).toEqual([]);
    return error;
  }

  // llama-server loses its last lines at times (https://github.com/ggml-org/llama.cpp/issues/22142).
  const fail = async (
    file: string,
    options: LlamaServerOptions = {},
    program = command,
  ): Promise<ModelProviderError> => {
    for (let attempt = 1; ; attempt += 1) {
      const error = await failure(file, makeProvider(program, options));
      if (attempt === 20 || !error.message.includes('without a reason that is known here')) return error;
    }
  };

  test('names an argument that it does not know', async () => {
    const error = await fail(novice, { extraArgs: ['--nope'] });
    expect(error.code).toBe('SETUP_FAILED');
    expect(cause(error)).toBe(
      `llama:${novice}: llama-server does not know the argument --nope (the server exited with code 1 before it was ready).`,
    );
    expect(error.message).toContain('\n  | error: invalid argument: --nope\n');
    expect(error.message).toContain('\nWhat to do: Remove it from extraArgs');
    expect(error.message).toMatch(/\nCommand: .* --nope\n/);
  });

  test('names an argument whose value it cannot read', async () => {
    const error = await fail(novice, { extraArgs: ['--batch-size', 'many'] });
    expect(cause(error)).toContain(
      'llama-server cannot read the value of --batch-size (the server exited with code 1',
    );
  });

  test('names a kind of model that it does not know', async () => {
    const file = writePatchedGguf(
      novice,
      path.join(directory, 'kind.gguf'),
      '\x05\0\0\0\0\0\0\0llama',
      '\x05\0\0\0\0\0\0\0nokin',
    );
    const error = await fail(file);
    expect(cause(error)).toContain(
      "this llama-server does not know the model's kind: unknown model architecture: 'nokin'",
    );
    expect(error.message).toContain('What to do: Update llama.cpp.');
  });

  test('names a kind of tokenizer that it does not know', async () => {
    const file = writePatchedGguf(
      novice,
      path.join(directory, 'tokenizer.gguf'),
      '\x06\0\0\0\0\0\0\0smollm',
      '\x06\0\0\0\0\0\0\0nosuch',
    );
    const error = await fail(file);
    expect(cause(error)).toContain(
      "this llama-server does not know the model's kind: unknown pre-tokenizer type: 'nosuch'",
    );
  });

  test('says that it could not load a model which lacks what it needs', async () => {
    const file = writePatchedGguf(
      novice,
      path.join(directory, 'lacking.gguf'),
      'llama.context_length',
      'llama.context_lentgh',
    );
    const error = await fail(file);
    expect(cause(error)).toContain('llama-server could not load the model (the server exited with code 1');
    expect(error.message).toContain('key not found in model: llama.context_length');
  });

  test('never shrinks the model to the memory that is left', async () => {
    const file = writePatchedGguf(
      novice,
      path.join(directory, 'unfit.gguf'),
      'llama.context_length',
      'llama.context_lentgh',
    );
    expect((await fail(file)).message).not.toContain('common_fit_params');
    expect((await fail(file, { extraArgs: ['--fit', 'on'] })).message).toContain('common_fit_params');
  });

  test('says that the model does not fit when memory runs out', async () => {
    const limited = path.join(directory, 'limited');
    fs.writeFileSync(limited, `#!/bin/sh\nulimit -v 4000000\nexec '${command}' "$@"\n`, { mode: 0o755 });
    const error = await fail(novice, { contextSize: 20_000_000 }, limited);
    expect(cause(error)).toContain('the model does not fit into memory');
  });

  describe('when its port is taken', () => {
    class WithPorts extends LlamaServerProvider {
      ports: number[] = [];

      override createResource(
        name: string,
        config: undefined,
        context: ResourceContext,
      ): Promise<ModelConnection> {
        const freePort = async (): Promise<number> => this.ports.shift() ?? context.freePort();
        return super.createResource(name, config, { ...context, freePort });
      }
    }
    let taken = 0;
    const squatter = net.createServer((socket) => socket.destroy());
    beforeAll(async () => {
      await once(squatter.listen(0, '127.0.0.1').unref(), 'listening');
      taken = (squatter.address() as AddressInfo).port;
    });
    afterAll(() => new Promise((resolve) => squatter.close(resolve)));

    test('tries another one', async () => {
      const provider = new WithPorts({ command });
      provider.ports = [taken, taken];
      const session = await openPrivateSession({ llama: provider });
      const handle = await provider.setup(novice);
      expect(session.pids).toHaveLength(3);
      expect((await handle.client.generate('What is 1 + 2?', { maxTokens: 1 })).usage).toBeDefined();
    });

    test('gives up after three', async () => {
      const provider = new WithPorts({ command });
      provider.ports = [taken, taken, taken];
      const error = await failure(novice, provider);
      expect(cause(error)).toMatch(
        /: other programs took every port that was tried \(the server exited with code 1 .*; its port \d+ was taken\)\.$/,
      );
    });
  });

  test('fails a request under way with RESOURCE_LOST when it is killed, and starts anew at the next setup', async () => {
    // The answer has no end, so that it cannot be here as a whole before the server is killed.
    const provider = makeProvider(command, { extraArgs: ['--context-shift'] });
    const session = await openPrivateSession({ llama: provider });
    const handle = await provider.setup(novice);
    const pieces: string[] = [];
    const error = await caught(
      (async () => {
        for await (const piece of handle.client.stream('What is 1 + 2?', { extra: { ignore_eos: true } })) {
          if (pieces.push(piece) === 1) process.kill(session.pids[0]!, 'SIGKILL');
        }
      })(),
    );
    expect(error.code).toBe('RESOURCE_LOST');
    expect(cause(error)).toBe(
      `"llama:${novice}#1" died while it was in use: the system killed llama-server, most likely because memory ran out (its server (pid ${session.pids[0]}) was ended by SIGKILL).`,
    );
    expect(() => handle.client).toThrow(expect.objectContaining({ code: 'RESOURCE_LOST' }));
    await handle.teardown();
    const next = await provider.setup(novice);
    expect(next.resourceId).toBe(`llama:${novice}#2`);
    expect((await next.client.generate('What is 1 + 2?', { maxTokens: 1 })).usage).toBeDefined();
  });
});

function cause(error: ModelProviderError): string {
  return error.message.split('\n')[0]!;
}
