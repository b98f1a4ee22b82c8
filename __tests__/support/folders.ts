import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The folders below `root` that hold TypeScript files, as paths from there with `/`. */
export function foldersOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((folder) => readdirSync(folder).some((name) => name.endsWith('.ts')))
    .map((folder) => relative(root, folder).split(sep).join('/'));
}
