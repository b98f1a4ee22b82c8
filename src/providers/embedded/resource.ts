import { join } from 'node:path';
import { checkedElsewhere, checkOptionsOf, whole, type OptionRule } from '../../pattern/option-rules';
import type { ResourceContext } from '../../pattern/resource-context';
import { startLocalServer } from '../local-server/start-local-server';
import type { ModelConnection } from '../openai-compatible/client';
import { checkGguf } from './gguf';
import { modelFile } from './model-file';
import type { EmbeddedOptions } from './provider';

const rules: Record<keyof EmbeddedOptions, OptionRule> = { parallel: whole(1), maxLive: checkedElsewhere };

/**
 * Starts the embedded server for a shipped model or a GGUF file.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for an unknown name or option, `GGUF_INVALID` for a bad file, `SETUP_FAILED`.
 */
export async function startEmbedded(
  name: string,
  options: EmbeddedOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  checkOptionsOf('embedded', options, rules);
  const { parallel = 4 } = options;
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
