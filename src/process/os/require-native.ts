import { createRequire } from '../../base/real-globals';

/**
 * Loads a package as Node itself does, also in Jest's VM, which knows no `import()` without a flag of Node: an ES
 * module too. What it gives is of the outer realm.
 */
export function requireNative(name: string): unknown {
  return createRequire(__filename)(name);
}
