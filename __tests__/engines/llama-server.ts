import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LlamaServerProvider, type LlamaServerOptions } from 'jest-model-provider';

export const root = path.resolve(__dirname, '../..');

/** The file of a model that the package ships. */
export const modelFile = (name: 'novice' | 'expert'): string => path.join(root, 'models', `${name}.gguf`);

/**
 * A `describe` for tests of the real llama-server; where it cannot be had they are skipped, and it is said
 * why.
 */
export function describeWithLlamaServer(title: string, fn: (command: string) => void): void {
  const script = path.join(root, 'scripts/fetch-llama-server.mjs');
  const answer = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  if (!answer.startsWith('skipped: ')) {
    describe(title, () => fn(answer));
    return;
  }
  process.stderr.write(`${title}: ${answer}\n`);
  describe.skip(`${title} (${answer})`, () => fn('llama-server'));
}

/** The provider as a user makes it, with the threads that two cores allow. */
export function makeProvider(command: string, options: LlamaServerOptions = {}): LlamaServerProvider {
  return new LlamaServerProvider({ command, threads: 1, ...options });
}
