import type { Readable, Writable } from 'node:stream';
import { createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import { BrokenConnection, FrameReader, FrameWriter } from './message-frames';

/**
 * A connection for the messages of another process. It keeps this process from ending only as long as its
 * streams do, and holds a limited part of what that process sends or does not read: past the limit the streams
 * are destroyed, and {@link whyBroken} says why.
 *
 * @param output the same stream for a socket, which is closed when the other process has ended its half.
 */
export function messageConnection(input: Readable, output: Writable): MessageConnection {
  const reader = new FrameReader(input);
  const writer = new FrameWriter(output, (response) => reader.answer(response));
  if (output === (input as unknown)) {
    // Node closes it by itself, but not before all is written, and the other process may not read any more.
    input.once('end', () => input.destroy());
  } else {
    // What a process that has died has written before is still there to be read.
    input.once('error', () => whyBroken(input) !== undefined && output.destroy());
    output.once('error', () => whyBroken(output) !== undefined && input.destroy());
  }
  return createMessageConnection(reader, writer);
}

/** Why a stream of a connection was given up; undefined if it has ended in another way. */
export function whyBroken(stream: Readable | Writable): string | undefined {
  return stream.errored instanceof BrokenConnection ? stream.errored.message : undefined;
}
