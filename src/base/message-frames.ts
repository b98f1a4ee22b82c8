import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  Disposable,
  Message,
  type DataCallback,
  type ResponseMessage,
} from 'vscode-jsonrpc/node';
import { crossing } from './answered-errors';
import { ModelProviderError } from './errors';

// The largest real message is a lease with its config, a few kilobytes. A config may hold the text of a large
// SQL file too.
const mostMessageBytes = 64 * 1024 ** 2;
// Whoever reads nothing while more than this waits for it is taken for lost.
const mostWaitingBytes = mostMessageBytes;
const limit = `and a message has at most ${inMegabytes(mostMessageBytes)}`;
const framing = /^Content-Length: (\d{1,12})\r\n\r\n/;
const longestHeader = 'Content-Length: 123456789012\r\n\r\n'.length;

/** Why a connection was given up: the other process has not kept to its framing, or does not read. */
export class BrokenConnection extends Error {}

/**
 * Reads what {@link FrameWriter} writes. Unlike the reader of vscode-jsonrpc it refuses a message that is too
 * long when it is announced, and a header without an end; and it has no timer, which would keep the process
 * alive when the other one was killed in the middle of a message.
 */
export class FrameReader extends AbstractMessageReader {
  readonly #input: Readable;
  #deliver: DataCallback = () => undefined;
  #header = '';
  #body: Buffer | undefined;
  #filled = 0;

  constructor(input: Readable) {
    super();
    this.#input = input;
  }

  listen(deliver: DataCallback): Disposable {
    this.#deliver = deliver;
    const onData = (chunk: Buffer): void => this.#read(chunk);
    this.#input.on('data', onData);
    this.#input.on('error', (error) => this.fireError(error));
    this.#input.on('close', () => this.fireClose());
    return Disposable.create(() => this.#input.off('data', onData));
  }

  /** Answers a request of this very process. */
  answer(response: ResponseMessage): void {
    this.#deliver(response);
  }

  #read(chunk: Buffer): void {
    try {
      let rest = chunk;
      while (rest.length > 0)
        rest = this.#body === undefined ? this.#begin(rest) : this.#fill(this.#body, rest);
    } catch (error) {
      this.#input.destroy(error as Error);
    }
  }

  /** Reads a header, or a part of it; returns what follows it. */
  #begin(chunk: Buffer): Buffer {
    const known = this.#header.length;
    this.#header += chunk.toString('latin1', 0, longestHeader - known);
    const [header, digits] = framing.exec(this.#header) ?? [];
    if (header === undefined) {
      if (this.#header.length < longestHeader) return chunk.subarray(chunk.length);
      throw new BrokenConnection('the other process has sent what is no message');
    }
    const bytes = Number(digits);
    if (bytes > mostMessageBytes)
      throw new BrokenConnection(
        `the other process has announced a message of ${inMegabytes(bytes)}, ${limit}`,
      );
    this.#header = '';
    this.#body = Buffer.allocUnsafe(bytes);
    this.#filled = 0;
    return chunk.subarray(header.length - known);
  }

  #fill(body: Buffer, chunk: Buffer): Buffer {
    const taken = chunk.copy(body, this.#filled);
    this.#filled += taken;
    if (this.#filled === body.length) {
      this.#body = undefined;
      this.#deliver(parse(body));
    }
    return chunk.subarray(taken);
  }
}

/** Writes messages, and gives the connection up when too much waits for the other process to read. */
export class FrameWriter extends AbstractMessageWriter {
  readonly #output: Writable;
  readonly #answerHere: (response: ResponseMessage) => void;

  /** @param answerHere gets the answers to requests that are too long to be sent. */
  constructor(output: Writable, answerHere: (response: ResponseMessage) => void) {
    super();
    this.#output = output;
    this.#answerHere = answerHere;
    output.on('error', (error) => this.fireError(error));
    output.on('close', () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message));
    if (body.length > mostMessageBytes) return this.#refuse(message, body.length);
    if (this.#output.writableLength > mostWaitingBytes) {
      const error = new BrokenConnection(
        `the other process does not read: more than ${inMegabytes(mostWaitingBytes)} wait for it`,
      );
      this.#output.destroy(error);
      throw error;
    }
    this.#output.cork();
    this.#output.write(`Content-Length: ${body.length}\r\n\r\n`, 'latin1', () => undefined);
    const written = new Promise<void>((resolve, reject) => {
      this.#output.write(body, (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
    this.#output.uncork();
    await written;
  }

  end(): void {
    this.#output.end();
  }

  /** Whoever waits for what cannot be sent hears of it: nobody else will answer. */
  async #refuse(message: Message, bytes: number): Promise<void> {
    const isRequest = Message.isRequest(message);
    const what = isRequest ? `The request "${message.method}"` : 'The answer';
    const error = new ModelProviderError(
      'SESSION_REFUSED',
      `${what} has ${inMegabytes(bytes)}, ${limit}: pass the path of a file instead of its content.`,
    );
    if (!isRequest && !Message.isResponse(message)) throw error;
    const { id } = message;
    const refusal: ResponseMessage = { jsonrpc: '2.0', id, error: crossing(error).toJson() };
    if (isRequest) this.#answerHere(refusal);
    else await this.write(refusal);
  }
}

function parse(body: Buffer): Message {
  try {
    return JSON.parse(body.toString()) as Message;
  } catch {
    throw new BrokenConnection('the other process has sent what is no message');
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
