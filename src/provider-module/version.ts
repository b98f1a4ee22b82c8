import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

// From dist/src/provider-module to dist. This package's own code is left out: its version stands for it.
const ownCode = join(__dirname, '../..') + sep;

// Under Plug'n'Play some versions of Node give the modules of packages a `require` without it.
const { cache } = createRequire(__filename);

/**
 * The hash of a loaded provider module and of the local modules that it loaded: two processes with equal
 * hashes make equal resources. Packages are left out; of an ES module only its own file counts.
 */
export function moduleVersion(path: string): string {
  const file = realpathSync(path);
  const hash = createHash('sha256');
  for (const local of [...localModules(file)].sort())
    hash
      .update(`${relative(dirname(file), local)}\0`)
      .update(readFileSync(local))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

function localModules(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { filename } of cache[file]?.children ?? []) {
    if (isLocal(filename)) localModules(filename, found);
  }
  return found;
}

function isLocal(path: string): boolean {
  return !path.startsWith(ownCode) && !path.includes(`${sep}node_modules${sep}`);
}
