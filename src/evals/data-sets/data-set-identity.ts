import { fileOf } from './data-file';
import { canonicalJson } from './sample-id';

const { createHash } = process.getBuiltinModule('node:crypto');
const { createReadStream } = process.getBuiltinModule('node:fs');

/**
 * What a data set is called in logs: the path of its file from the working directory, or `array`, `iterable`
 * or `function`.
 */
export function datasetName(dataset: unknown): string {
  const file = fileOf(dataset);
  if (file !== undefined) return file.name;
  if (typeof dataset === 'function') return 'function';
  return Array.isArray(dataset) ? 'array' : 'iterable';
}

/**
 * The SHA-256 of a file's bytes, or of an array's rows; null for what can perhaps be read only once.
 *
 * @throws ModelProviderError `EVAL_INVALID` for a file that cannot be read.
 */
export async function datasetHash(dataset: unknown): Promise<string | null> {
  const file = fileOf(dataset);
  const hash = createHash('sha256');
  if (file !== undefined) {
    try {
      for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) hash.update(chunk);
    } catch (error) {
      throw file.unreadable(error);
    }
  } else if (Array.isArray(dataset)) {
    for (const row of dataset) hash.update(`${canonicalJson(row)}\n`);
  } else return null;
  return hash.digest('hex');
}
