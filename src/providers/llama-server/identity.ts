import { resolve } from 'node:path';
import type { Json } from '../../base/json';
import { fileHash } from '../../process/ledger/file-hash';
import { runCommand } from '../../process/os/run-command';
import { checkGguf } from '../embedded/gguf/gguf';
import { llamaServerCommand } from './command';
import type { LlamaServerOptions } from './options';

const versionLimitMs = 10_000;

/** The weights, the build of llama-server and the options that change answers. */
export async function llamaServerIdentity(
  name: string,
  { command, contextSize, extraArgs }: LlamaServerOptions,
): Promise<Json> {
  const file = resolve(name);
  checkGguf(file);
  const version = await llamaServerVersion(llamaServerCommand(command));
  const engine = version === undefined ? 'unknown' : `version: ${version}`;
  const options = { contextSize: contextSize ?? null, extraArgs: [...(extraArgs ?? [])] };
  return { weights: await fileHash(file), engine, ...options };
}

/** The version that the program prints, to standard error and in two lines; undefined if it prints none. */
export async function llamaServerVersion(command: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runCommand(command, ['--version'], { timeoutMs: versionLimitMs });
    return /^version: (.*)$/m.exec(stdout + stderr)?.[1];
  } catch {
    return undefined;
  }
}
