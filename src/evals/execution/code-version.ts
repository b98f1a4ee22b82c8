import type { Hash } from 'node:crypto';
import { join, relative, sep } from '../../base/path';

const { createHash } = process.getBuiltinModule('node:crypto');
const { readFileSync } = process.getBuiltinModule('node:fs');

// From dist/src/evals/execution to dist: the code of this package is named by its version.
const ownCode = join(__dirname, '../../..') + sep;

const dataSets = new Set<unknown>();
let collected: Promise<readonly string[]> | undefined;

/**
 * Notes which modules a spec file has loaded when Jest has collected its tests; to be called while Jest
 * collects them. What samples load later differs between runs, since finished samples do not run.
 *
 * @param dataSet what an evaluation of the file is over.
 */
export function noteLoadedModules(dataSet?: unknown): void {
  if (dataSet !== undefined) dataSets.add(dataSet);
  // Jest collects a file at one go, so this runs after it and before the first test.
  collected ??= Promise.resolve().then(loadedModules);
}

/**
 * The hash of a spec file and of the local modules that are loaded with it: when it changes, earlier answers
 * were made by other code. Packages are left out, and so are JSON files that are data sets: their rows have
 * hashes of their own.
 *
 * @param root the root of the project; modules outside are not local.
 */
export async function codeVersion(specFile: string, root: string): Promise<string> {
  const loaded = (await collected) ?? loadedModules();
  const files = new Set([specFile, ...loaded.filter((path) => isLocal(path, root))]);
  const hash = createHash('sha256');
  for (const path of [...files].sort()) addFile(hash, path, root);
  return hash.digest('hex').slice(0, 16);
}

// Inside Jest this is its own registry, of native ES modules too: https://jestjs.io/docs/jest-object
function loadedModules(): string[] {
  return Object.keys(require.cache).filter((path) => !path.endsWith('.json') || !isDataSet(path));
}

/**
 * Whether the content of a JSON file, or what stands under one of its keys, is what an evaluation is over.
 */
function isDataSet(path: string): boolean {
  const content: unknown = require.cache[path]?.exports;
  const parts: unknown[] = typeof content === 'object' && content !== null ? Object.values(content) : [];
  return [content, ...parts].some((part) => dataSets.has(part));
}

function isLocal(path: string, root: string): boolean {
  const inside = path.startsWith(root + sep) && !path.startsWith(ownCode);
  return inside && !path.includes(`${sep}node_modules${sep}`);
}

function addFile(hash: Hash, path: string, root: string): void {
  hash.update(`${relative(root, path)}\0`);
  try {
    hash.update(readFileSync(path));
  } catch {
    // A virtual mock has a name only.
  }
  hash.update('\0');
}
