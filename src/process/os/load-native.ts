import { createRequire } from '../../base/real-globals';

/**
 * Loads a package as Node itself does, an ES module too: Jest's VM knows no `import()` without a flag of Node.
 * There, what it gives is of the outer realm. By `import()` where ES modules cannot be required, as from the
 * archives of Plug'n'Play.
 */
export async function loadNative(name: string): Promise<unknown> {
  try {
    return createRequire(__filename)(name);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_REQUIRE_ESM') throw error;
    return import(name);
  }
}
