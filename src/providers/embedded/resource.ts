import { join } from 'node:path';
import type { Json } from '../../base/json';
import { packageVersion } from '../../base/version';
import type { ResourceContext } from '../../pattern/resource-context';
import { fileHash } from '../../process/ledger/file-hash';
import { plugAndPlayArguments } from '../../process/os/plug-n-play';
import type { LocalServerHalf } from '../local-server/provider';
import { startLocalServer } from '../local-server/start-local-server';
import { checkGguf } from './gguf/gguf';
import { modelFile } from './model-file';
import { validateEmbeddedOptions, type EmbeddedOptions } from './options';
import type { ModelConnection } from '../../pattern/model-connection';

/** The session half of the provider. */
export const embedded: LocalServerHalf<EmbeddedOptions> = {
  start: startEmbedded,
  identity: embeddedIdentity,
};

/**
 * Starts the embedded server for a shipped model or a GGUF file.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for an unknown name or option, `GGUF_INVALID` for a bad file,
 *   `SETUP_FAILED`.
 */
async function startEmbedded(
  name: string,
  options: EmbeddedOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  validateEmbeddedOptions(options);
  const { parallel = 4 } = options;
  const file = modelFile(name);
  checkGguf(file);
  // The server's flag takes its names separated by commas.
  const model = name.replaceAll(',', '_');
  return startLocalServer(
    {
      title: context.spec,
      command: process.execPath,
      model,
      args: (port, nonce) => [
        ...plugAndPlayArguments(),
        join(__dirname, 'server/main.js'),
        ...['--model', file, '--alias', `${model},${nonce}`, '--host', '127.0.0.1'],
        ...['--port', String(port), '--parallel', String(parallel)],
      ],
      env: (apiKey) => ({ EMBEDDED_API_KEY: apiKey }),
      graceMs: 2000,
      stallMs: 30_000,
      portConflict: /couldn't bind HTTP server socket/,
      hints: [],
    },
    context,
  );
}

/** The weights, and the version of this package, which contains the engine. */
async function embeddedIdentity(name: string): Promise<Json> {
  const file = modelFile(name);
  checkGguf(file);
  return { weights: await fileHash(file), engine: `jest-model-provider ${packageVersion}` };
}
