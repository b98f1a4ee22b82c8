import { join } from 'node:path';
import type { ResourceContext } from '../../pattern/resource-context';
import { startLocalServer } from '../local-server/start-local-server';
import type { ModelConnection } from '../openai-compatible/client';
import { checkGguf } from './gguf';
import { modelFile } from './model-file';
import type { EmbeddedOptions } from './provider';

/**
 * Starts the embedded server for a shipped model or a GGUF file.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for an unknown name, `GGUF_INVALID` for a bad file, `SETUP_FAILED`.
 */
export async function startEmbedded(
  name: string,
  { parallel = 4 }: EmbeddedOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  const file = modelFile(name);
  checkGguf(file);
  // The server takes its names separated by commas.
  const model = name.replaceAll(',', '_');
  return startLocalServer(
    {
      title: context.spec,
      command: process.execPath,
      model,
      args: (port, nonce) => [
        join(__dirname, 'main.js'),
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
