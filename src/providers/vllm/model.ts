import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ModelProviderError } from '../../base/errors';

/** Where a model's weights come from. */
export interface VllmModel {
  /** The argument for vLLM: an absolute directory, or the name of a repository. */
  readonly source: string;
  readonly isLocal: boolean;
  /** The name in requests, unless the options set another. */
  readonly name: string;
}

/**
 * A path, or the name of an existing directory, means a local model; any other name is a repository of
 * Hugging Face.
 *
 * vLLM takes a missing directory for a repository, and its error is about the name.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a path without a model.
 */
export function vllmModel(name: string): VllmModel {
  const directory = resolve(name);
  const isPath = /^(\.{0,2}\/|\.{1,2}$)/.test(name);
  if (!isPath && !isDirectory(directory)) return { source: name, isLocal: false, name };
  const missing = isDirectory(directory)
    ? isFile(join(directory, 'config.json'))
      ? undefined
      : 'has no config.json'
    : 'is no directory';
  if (missing === undefined) return { source: directory, isLocal: true, name: basename(directory) };
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `vllm:${name}: ${directory} ${missing}; give the directory of a model in Hugging Face's format, or the name of a repository.`,
    { details: { directory } },
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
