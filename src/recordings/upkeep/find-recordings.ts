import { messageOf, ModelProviderError } from '../../base/errors';
import { dirname, join } from '../../base/path';
import { ending, recordingsFolder } from '../recording-path';

const { readdirSync } = process.getBuiltinModule('node:fs');

/** A recording, whatever is in it. Absolute paths. */
export interface FoundRecording {
  readonly path: string;
  /** Beside which it lies, be it there or not. */
  readonly specFile: string;
}

// Of the code of others there is nothing to keep up.
const passedOver = new Set(['node_modules']);

/**
 * All recordings below a folder, in the order of their paths. Hidden folders and node_modules are passed over.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a folder that cannot be read.
 */
export function findRecordings(folder: string): FoundRecording[] {
  return foldersIn(folder)
    .filter((name) => !name.startsWith('.') && !passedOver.has(name))
    .flatMap((name) => {
      const path = join(folder, name);
      return name === recordingsFolder ? recordingsIn(path) : findRecordings(path);
    });
}

function recordingsIn(folder: string): FoundRecording[] {
  return foldersIn(folder).flatMap((spec) => {
    const specFile = join(dirname(folder), spec);
    return filesIn(join(folder, spec))
      .filter((name) => name.endsWith(ending))
      .map((name) => ({ path: join(folder, spec, name), specFile }));
  });
}

function foldersIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function filesIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

function entriesOf(folder: string): import('node:fs').Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The folder ${folder} cannot be read: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}
