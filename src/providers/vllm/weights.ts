import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cachedCommit, cachedRepository } from './hub-cache';
import type { VllmModel } from './model';

/** MiB of a model's weights, by its files on this machine; undefined if there are none. */
export function weightsMiB(model: VllmModel, revision?: string): number | undefined {
  const directory = model.isLocal ? model.source : snapshot(model, revision);
  // A repository may hold the same weights in several formats. vLLM prefers the first one here.
  for (const format of [/\.safetensors$/, /\.(bin|pt|gguf)$/]) {
    const bytes = sizeOf(directory, format);
    if (bytes > 0) return bytes / 2 ** 20;
  }
  return undefined;
}

function snapshot({ source }: VllmModel, revision: string | undefined): string {
  const commit = cachedCommit(source, revision) ?? revision ?? 'main';
  return join(cachedRepository(source), 'snapshots', commit);
}

function sizeOf(directory: string, format: RegExp): number {
  try {
    const files = readdirSync(directory).filter((file) => format.test(file));
    return files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
  } catch {
    return 0;
  }
}
