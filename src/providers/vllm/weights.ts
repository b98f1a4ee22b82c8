import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cachedCommit, cachedRepository } from './hub-cache';
import type { VllmModel } from './model';

/** MiB that a model's weights take, by its files on this machine; undefined if they are not found. */
export function weightsMiB(model: VllmModel, revision?: string): number | undefined {
  const directory = model.isLocal ? model.source : snapshot(model, revision);
  // A repository may have the same weights in several formats; vLLM prefers the first.
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
