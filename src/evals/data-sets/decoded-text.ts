import type { DataFile } from './data-file';
import { iconv, unicodeOf } from './encodings';

const { createReadStream } = process.getBuiltinModule('node:fs');
const { TextDecoder } = process.getBuiltinModule('node:util');

// Marks at the beginning of a file, which count more than what it was said to be: https://encoding.spec.whatwg.org/#bom-sniff
const marks: readonly (readonly [string, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * The text of a file, in pieces, without a byte order mark.
 *
 * @param encoding a label of https://encoding.spec.whatwg.org/#names-and-labels.
 * @throws ModelProviderError `EVAL_INVALID` for a file that cannot be read, and for a byte that is none of its
 *   encoding, naming both and the line.
 */
export async function* decodedText(
  file: DataFile,
  encoding = 'utf-8',
): AsyncGenerator<string, void, undefined> {
  let decoder: Decoder | undefined;
  let found = encoding;
  try {
    for await (const chunk of chunksOf(file)) {
      found = decoder === undefined ? (markedEncoding(chunk) ?? encoding) : found;
      decoder ??= decoderOf(found);
      yield decoder.decode(chunk);
    }
    if (decoder !== undefined) yield decoder.end();
  } catch (error) {
    if (!(error instanceof BadByte)) throw file.unreadable(error);
    throw file.wrong(await lineAt(file, error.at, found), error.message, error.cause);
  }
}

function chunksOf({ path }: DataFile, end = Infinity): AsyncIterable<Buffer> {
  return createReadStream(path, { end });
}

/** A byte that is none of an encoding; the message is what is wrong with its line. */
class BadByte extends Error {
  /** How many bytes stand before it. */
  readonly at: number;

  constructor(at: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.at = at;
  }
}

/** The line of a byte, from 1. Counted when it is asked for: nearly all files are right. */
async function lineAt(file: DataFile, at: number, encoding: string): Promise<number> {
  if (at === 0) return 1;
  const decode = lenientDecoder(encoding);
  let line = 1;
  for await (const chunk of chunksOf(file, at - 1)) line += decode(chunk).split('\n').length - 1;
  return line;
}

function lenientDecoder(encoding: string): (chunk: Buffer) => string {
  if (unicodeOf(encoding) === undefined) {
    const decoder = iconv().getDecoder(encoding);
    return (chunk) => decoder.write(chunk);
  }
  const decoder = new TextDecoder(encoding);
  return (chunk) => decoder.decode(chunk, { stream: true });
}

function markedEncoding(beginning: Buffer): string | undefined {
  return marks.find(([, bytes]) => bytes.every((byte, index) => beginning[index] === byte))?.[0];
}

/** @throws BadByte from its methods. */
interface Decoder {
  decode(chunk: Buffer): string;
  end(): string;
}

function decoderOf(encoding: string): Decoder {
  return unicodeOf(encoding) === undefined ? new LegacyDecoder(encoding) : new UnicodeDecoder(encoding);
}

class LegacyDecoder implements Decoder {
  readonly #encoding: string;
  readonly #decoder: { write(bytes: Buffer): string; end(): string | undefined };
  #read = 0;

  constructor(encoding: string) {
    this.#encoding = encoding;
    this.#decoder = iconv().getDecoder(encoding);
  }

  decode(chunk: Buffer): string {
    const text = this.#checked(this.#decoder.write(chunk));
    this.#read += chunk.length;
    return text;
  }

  end(): string {
    return this.#checked(this.#decoder.end() ?? '');
  }

  #checked(text: string): string {
    const bad = text.indexOf('\ufffd');
    if (bad === -1) return text;
    const at = this.#read + iconv().encode(text.slice(0, bad), this.#encoding).length;
    throw new BadByte(at, `has a byte that is no ${this.#encoding}`);
  }
}

class UnicodeDecoder implements Decoder {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  /** Bytes that were decoded. */
  #read = 0;
  /** The bytes of an unfinished character. */
  #rest: Buffer = Buffer.alloc(0);
  #isFirst = true;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  decode(chunk: Buffer): string {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#wholeLength(bytes);
    this.#rest = bytes.subarray(end);
    return this.#textOf(bytes.subarray(0, end));
  }

  end(): string {
    return this.#textOf(this.#rest);
  }

  #textOf(bytes: Buffer): string {
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch (error) {
      throw this.#wrong(bytes, error);
    }
    this.#read += bytes.length;
    if (!this.#isFirst || text === '') return text;
    this.#isFirst = false;
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** How many bytes are whole characters, as far as can be seen without reading them. */
  #wholeLength(bytes: Buffer): number {
    if (this.#decoder.encoding.startsWith('utf-16')) return wholeUtf16(bytes, this.#decoder.encoding);
    return this.#decoder.encoding === 'utf-8' ? wholeUtf8(bytes) : bytes.length;
  }

  #wrong(bytes: Buffer, cause: unknown): Error {
    const good = this.#longestGood(bytes);
    const [byte = 0] = bytes.subarray(good);
    const { encoding } = this.#decoder;
    const fix =
      encoding === 'utf-8'
        ? "; save the file as UTF-8, or say what it is, for example { encoding: 'windows-1252' }"
        : '';
    return new BadByte(
      this.#read + good,
      `has the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}, which is no ${encoding.toUpperCase()} there${fix}`,
      cause,
    );
  }

  #longestGood(bytes: Buffer): number {
    let [good, bad] = [0, bytes.length];
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (this.#isGood(bytes.subarray(0, this.#wholeLength(bytes.subarray(0, middle))))) good = middle;
      else bad = middle;
    }
    return this.#wholeLength(bytes.subarray(0, good));
  }

  #isGood(bytes: Buffer): boolean {
    try {
      this.#decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  }
}

// A character has up to four bytes: one that begins it, and others from 0x80 to 0xBF.
function wholeUtf8(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Whole units, and no first half of a pair at the end. */
function wholeUtf16(bytes: Buffer, encoding: string): number {
  const even = bytes.length - (bytes.length % 2);
  const high = bytes[encoding === 'utf-16le' ? even - 1 : even - 2];
  return high !== undefined && high >= 0xd8 && high <= 0xdb ? even - 2 : even;
}
