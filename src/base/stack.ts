import { dirname, sep } from './path';

/** Frames of a stack, as its lines; the innermost is the first. */
export type Frames = readonly string[];

// This file is src/base/stack, in the repository as in what is published.
const root = dirname(dirname(__dirname));
const ownFolders = ['src', 'preset'].map((folder) => `${root}${sep}${folder}${sep}`);

const frame = /^\s+at /;
/** Node's own have no file, or one that is none: `at async Promise.all (index 0)`. */
const ofFile = /:\d+:\d+\)?$/;
const ofNode = /^\s+at (?:async )?(?:.*\()?(?:node:|<anonymous>)/;
const ofJest = /[\\/]node_modules[\\/](?:@jest[\\/][^\\/]+|[^\\/]*jest[^\\/]*|expect)[\\/]build[\\/]/;
const ofDependency = /[\\/]node_modules[\\/]/;

/**
 * An error's stack as a user wants to read it: without the frames of this package, and without those of Jest
 * and Node before the first of others. With `JEST_MODEL_PROVIDER_STACKS=full` all of them stay.
 *
 * @param message of the error: it may have lines that look like frames.
 * @param origin frames to begin with if the stack has no line of a user's own code: those that led to the call
 *   whose work failed later.
 */
export function readableStack(stack: string, message: string, origin: Frames = []): string {
  const head = headOf(stack, message);
  const frames = framesBelow(head, stack);
  const shown =
    origin.length === 0 || frames.some(isOfUser) ? readable(frames) : [...origin, ...ofPackages(frames)];
  return [head, ...shown].join('\n');
}

/** Whether a stack is that of an error which this package has thrown. */
export function isThrownHere(stack: string, message: string): boolean {
  const innermost = framesBelow(headOf(stack, message), stack).find((line) => !isOfRunner(line));
  return innermost !== undefined && isOwn(innermost);
}

/** Notes where it is called. The result gives the frames. */
export function callSite(): () => Frames {
  const site = { stack: '' };
  Error.captureStackTrace(site, callSite);
  // Made when they are needed: that takes much longer than to note them.
  return () => framesOf(site.stack, '');
}

/** The frames of a stack as a user wants to read them. */
export function framesOf(stack: string, message: string): Frames {
  return readable(framesBelow(headOf(stack, message), stack));
}

/** What stands before the frames: the name and the message, which may have many lines. */
function headOf(stack: string, message: string): string {
  const [firstLine = ''] = stack.split('\n', 1);
  const begin = stack.indexOf(message);
  // A message that was changed later is not in the stack, or further down by chance.
  const end = begin < 0 || begin > firstLine.length ? firstLine.length : begin + message.length;
  return stack.slice(0, end) + (stack.slice(end).split('\n', 1)[0] ?? '');
}

function framesBelow(head: string, stack: string): Frames {
  return head.length === stack.length ? [] : stack.slice(head.length + 1).split('\n');
}

function ofPackages(frames: Frames): Frames {
  return isAskedFor() ? frames : frames.filter((line) => !isOwn(line) && !isOfRunner(line));
}

function readable(frames: Frames): Frames {
  if (isAskedFor()) return frames;
  const others = frames.filter((line) => !isOwn(line));
  // Where there are no others, Jest takes the first frame for the end of the message.
  return others.slice(
    Math.max(
      0,
      others.findIndex((line) => !isOfRunner(line)),
    ),
  );
}

function isAskedFor(): boolean {
  return process.env['JEST_MODEL_PROVIDER_STACKS'] === 'full';
}

function isOwn(line: string): boolean {
  return ownFolders.some((folder) => line.includes(folder));
}

function isOfRunner(line: string): boolean {
  return frame.test(line) && (!ofFile.test(line) || ofNode.test(line) || ofJest.test(line));
}

/** Whether a frame is of a user's own code. */
export function isOfUser(line: string): boolean {
  return frame.test(line) && !isOwn(line) && !isOfRunner(line) && !ofDependency.test(line);
}
