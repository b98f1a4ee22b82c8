import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';

/**
 * A connection for the messages of another process. It keeps this process from ending only as long as its
 * streams do.
 *
 * @param output the same stream for a socket.
 */
export function messageConnection(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): MessageConnection {
  const reader = new StreamMessageReader(input);
  // The reader's timer for a message that has arrived in part begins anew for ever, also when the other
  // process was killed in the middle of that message.
  reader.partialMessageTimeout = 0;
  return createMessageConnection(reader, new StreamMessageWriter(output));
}
