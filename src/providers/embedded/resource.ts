import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ModelProviderError } from '../../pattern/errors';
import { nearest } from '../../pattern/nearest';
import type { ResourceContext } from '../../pattern/resource-context';
import { startLocalServer } from '../local-server/start-local-server';
import type { ModelConnection } from '../openai-compatible/client';
import { checkGguf } from './gguf';
import type { EmbeddedOptions } from './provider';

const shipped = ['novice', 'expert'];
// From dist/src/providers/embedded to the package's models.
const modelsDirectory = join(__dirname, '..', '..', '..', '..', 'models');

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

function modelFile(name: string): string {
  if (shipped.includes(name)) return join(modelsDirectory, `${name}.gguf`);
  if (/[/\\]|\.gguf$/.test(name)) return resolve(name);
  const suggestion = nearest(name, shipped);
  const file = existsSync(`${name}.gguf`)
    ? ` For the file ${name}.gguf write "embedded:./${name}.gguf".`
    : '';
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `There is no embedded model "${name}".${suggestion === undefined ? '' : ` Did you mean "embedded:${suggestion}"?`} Shipped are ${shipped.join(' and ')}; a file is named by its path, "embedded:./model.gguf".${file}`,
    { details: { name } },
  );
}
