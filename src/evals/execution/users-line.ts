import { causesOf, isModelProviderError } from '../../base/errors';
import { relative } from '../../base/path';
import { printable } from '../../base/printable';
import { framesOf, isOfUser } from '../../base/stack';

const { fileURLToPath } = process.getBuiltinModule('node:url');

/**
 * Where a user's own code has thrown an error, or has called what threw it: `file:line:column`. Undefined if no
 * frame of the error or of its causes is of that code. What has caused an error of this package goes first:
 * that of a scorer says where the scorer has failed, the other where it was called.
 *
 * @param root the directory to which the path is relative.
 */
export function usersLine(error: unknown, root: string): string | undefined {
  const found = [...causesOf(error)];
  const ofOthers = found.filter((one) => !isModelProviderError(one));
  for (const one of [...ofOthers, ...found]) {
    const line = lineOf(one, root);
    if (line !== undefined) return line;
  }
  return undefined;
}

function lineOf(error: unknown, root: string): string | undefined {
  const { stack, message } = (error ?? {}) as { stack?: unknown; message?: unknown };
  if (typeof stack !== 'string') return undefined;
  for (const frame of framesOf(stack, String(message))) {
    const line = isOfUser(frame) ? placeIn(frame, root) : undefined;
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Undefined for code that is in no file, such as that of `eval()`. */
function placeIn(frame: string, root: string): string | undefined {
  const place = frame.endsWith(')')
    ? frame.slice(frame.indexOf(' (') + 2, -1)
    : frame.replace(/^\s+at (?:async )?/, '');
  const [, file, position = ''] = /^(file:\/\/.*|\/.*|[A-Za-z]:[\\/].*)(:\d+:\d+)$/.exec(place) ?? [];
  // A stack is a text, and anybody may have written it.
  return file === undefined ? undefined : printable(`${relative(root, pathOf(file))}${position}`);
}

function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}
