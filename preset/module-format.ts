import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

const isModuleDirectory = new Map<string, boolean>();

/** Whether Node would take a file for an ES module: by its name, else by the `type` of its package. */
export function isEsModule(path: string): boolean {
  const extension = extname(path);
  if (extension === '.mts' || extension === '.mjs') return true;
  if (extension === '.cts' || extension === '.cjs') return false;
  return isOfModulePackage(dirname(path));
}

/** Whether the nearest `package.json`, from a directory upwards, says `"type": "module"`. */
export function isOfModulePackage(directory: string): boolean {
  let isModule = isModuleDirectory.get(directory);
  if (isModule === undefined) {
    const parent = dirname(directory);
    const type = packageType(directory);
    isModule = type === undefined ? parent !== directory && isOfModulePackage(parent) : type === 'module';
    isModuleDirectory.set(directory, isModule);
  }
  return isModule;
}

/** Undefined where a directory has no `package.json`; one without a type, or not to be read, is CommonJS. */
function packageType(directory: string): unknown {
  let text;
  try {
    text = readFileSync(join(directory, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type ?? 'commonjs';
  } catch {
    return 'commonjs';
  }
}
