import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The directory of a repository in the cache of Hugging Face:
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export function cachedRepository(source: string): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return join(HF_HUB_CACHE || join(home, 'hub'), `models--${source.replaceAll('/', '--')}`);
}

/** The commit of a branch or a tag in the cache; undefined if the cache does not have it. */
export function cachedCommit(source: string, revision = 'main'): string | undefined {
  try {
    return readFileSync(join(cachedRepository(source), 'refs', revision), 'utf8').trim();
  } catch {
    return undefined;
  }
}
