import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import { ModelProviderError } from '../../base/errors';

/**
 * The absolute path of an executable. A path is checked; a bare name is looked up on PATH.
 *
 * @param hint ends the message of the error: how to get the command.
 * @throws ModelProviderError `COMMAND_NOT_FOUND` saying where it was looked for.
 */
export function findCommand(command: string, hint = ''): string {
  const isPath = command.includes('/') || isAbsolute(command);
  const searched = isPath
    ? [resolve(command)]
    : (process.env['PATH'] ?? '').split(delimiter).map((dir) => resolve(dir, command));
  const found = searched.find(isExecutable);
  if (found !== undefined) return found;
  const where = isPath
    ? `${searched[0] ?? command} ${exists(command) ? 'is not executable' : 'does not exist'}`
    : 'it is not on PATH';
  throw new ModelProviderError(
    'COMMAND_NOT_FOUND',
    `Command "${command}" cannot be started: ${where}.${hint === '' ? '' : ` ${hint}`}`,
    {
      details: { command },
    },
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
