import type { Json } from '../../pattern/json';
import { packageVersion } from '../../pattern/version';
import { fileHash } from '../../process/file-hash';
import { checkGguf } from './gguf';
import { modelFile } from './model-file';

/** The weights, and the version of this package, which has the engine. */
export async function embeddedIdentity(name: string): Promise<Json> {
  const file = modelFile(name);
  checkGguf(file);
  return { weights: await fileHash(file), engine: `jest-model-provider ${packageVersion}` };
}
