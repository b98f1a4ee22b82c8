import { FileCursor } from './file-cursor';
import { ggmlTypes } from './ggml-types';
import { ggufInvalid, quoted } from './gguf-invalid';
import { readMetadata, smallestMetadataEntry, type GgufValue } from './gguf-metadata';

/** Where one tensor lies in the file. */
export interface GgufTensor {
  readonly name: string;
  /** The ggml type's number, see `ggml-types.ts`. */
  readonly type: number;
  /** In ggml's order: the first dimension is the contiguous one. */
  readonly shape: readonly number[];
  readonly elements: number;
  /** Offset in bytes from the start of the file. */
  readonly offset: number;
  /** Size in bytes; undefined when the type is not one that this reader knows. */
  readonly bytes: number | undefined;
}

/** All of a GGUF file but its weights. */
export interface GgufHeader {
  readonly path: string;
  /** Size of the file in bytes. */
  readonly size: number;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** What {@link checkGguf} found out about a file. */
export interface GgufSummary {
  readonly version: number;
  /** `general.architecture`, if the file states one. */
  readonly architecture: string | undefined;
  readonly tensorCount: number;
  /** Size of the file in bytes. */
  readonly size: number;
}

const magic = 0x46554747; // "GGUF", little-endian
const defaultAlignment = 32;
const largestAlignment = 65_536;
const largestDimensions = 4;
/** A tensor's name length, dimension count, one dimension, type and offset take at least this many bytes. */
const smallestTensorInfo = 8 + 4 + 8 + 4 + 8;

/**
 * Checks that a file is a complete GGUF model: header, metadata and the bounds of every tensor. It reads the
 * head of the file only, so it takes milliseconds for a file of many GB, and it knows every tensor type of
 * llama.cpp.
 *
 * @throws `GGUF_INVALID` when the path is missing or a directory, or the file is not GGUF, corrupt or
 *   truncated
 */
export function checkGguf(path: string): GgufSummary {
  const { version, metadata, tensors, size } = readGgufHeader(path);
  const architecture = metadata.get('general.architecture');
  return {
    version,
    architecture: typeof architecture === 'string' ? architecture : undefined,
    tensorCount: tensors.size,
    size,
  };
}

/**
 * Reads everything but the weights of a GGUF file of version 2 or 3, and checks that the weights lie inside
 * the file without overlap.
 *
 * @throws `GGUF_INVALID` with file, problem and place in the first line
 */
export function readGgufHeader(path: string): GgufHeader {
  const cursor = new FileCursor(path);
  try {
    const version = readVersion(cursor);
    const tensorCount = cursor.count(smallestTensorInfo, 'the number of tensors');
    const entries = cursor.count(smallestMetadataEntry, 'the number of metadata entries');
    if (tensorCount === 0) throw ggufInvalid(path, 'is not a model: it holds no tensors');
    const metadata = readMetadata(cursor, entries);
    const alignment = alignmentOf(path, metadata.get('general.alignment'));
    const infos = Array.from({ length: tensorCount }, (_, index) => readTensorInfo(cursor, index));
    const dataStart = Math.ceil(cursor.position / alignment) * alignment;
    const tensors = placeTensors(cursor, infos, dataStart, alignment);
    return { path, size: cursor.size, version, metadata, tensors };
  } finally {
    cursor.close();
  }
}

function readVersion(cursor: FileCursor): number {
  if (cursor.remaining < 4 || cursor.uint32('the magic number') !== magic) {
    throw ggufInvalid(cursor.path, 'is not a GGUF file: it does not begin with the letters GGUF');
  }
  const version = cursor.uint32('the version');
  if (version === 2 || version === 3) return version;
  const reason = version !== 0 && (version & 0xffff) === 0 ? ' (a big-endian file?)' : '';
  throw ggufInvalid(
    cursor.path,
    `has the unsupported GGUF version ${version} at byte 4${reason}; versions 2 and 3 work`,
  );
}

function alignmentOf(path: string, value: GgufValue | undefined): number {
  if (value === undefined) return defaultAlignment;
  const valid =
    typeof value === 'number' && value >= 1 && value <= largestAlignment && (value & (value - 1)) === 0;
  if (valid && Number.isInteger(value)) return value;
  throw ggufInvalid(path, `has a general.alignment that is not a power of two up to ${largestAlignment}`);
}

type TensorInfo = Omit<GgufTensor, 'offset'> & { readonly relativeOffset: bigint };

function readTensorInfo(cursor: FileCursor, index: number): TensorInfo {
  const name = cursor.string(`the name of tensor ${index}`);
  const what = `tensor ${quoted(name)}`;
  const dimensions = cursor.uint32(`the number of dimensions of ${what}`);
  if (dimensions < 1 || dimensions > largestDimensions) {
    throw ggufInvalid(
      cursor.path,
      `gives ${what} ${dimensions} dimensions before byte ${cursor.position}; 1 to 4 work`,
    );
  }
  const shape: number[] = [];
  for (let dimension = 0; dimension < dimensions; dimension++) {
    shape.push(Number(cursor.uint64(`dimension ${dimension} of ${what}`)));
  }
  const elements = shape.reduce((product, length) => product * length, 1);
  if (!Number.isSafeInteger(elements) || elements < 1) {
    throw ggufInvalid(
      cursor.path,
      `gives ${what} the impossible shape [${shape.join(', ')}] before byte ${cursor.position}`,
    );
  }
  const type = cursor.uint32(`the type of ${what}`);
  const layout = ggmlTypes.get(type);
  if (layout !== undefined && shape[0]! % layout.elements !== 0) {
    throw ggufInvalid(
      cursor.path,
      `has rows of ${shape[0]} values in ${what}, but its type ${layout.name} comes in blocks of ${layout.elements}`,
    );
  }
  const bytes = layout === undefined ? undefined : (elements / layout.elements) * layout.bytes;
  return { name, type, shape, elements, bytes, relativeOffset: cursor.uint64(`the offset of ${what}`) };
}

function placeTensors(
  cursor: FileCursor,
  infos: readonly TensorInfo[],
  dataStart: number,
  alignment: number,
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const { relativeOffset, ...info } of infos) {
    const what = `tensor ${quoted(info.name)}`;
    if (tensors.has(info.name)) throw ggufInvalid(cursor.path, `has ${what} twice`);
    if (relativeOffset % BigInt(alignment) !== 0n) {
      throw ggufInvalid(
        cursor.path,
        `puts ${what} at offset ${relativeOffset}, not a multiple of ${alignment}`,
      );
    }
    const start = BigInt(dataStart) + relativeOffset;
    if (start + BigInt(info.bytes ?? 1) > BigInt(cursor.size)) {
      throw ggufInvalid(
        cursor.path,
        `is truncated or corrupt: ${what} needs ${info.bytes ?? 'some'} bytes from byte ${start} on, but the file ends at byte ${cursor.size}`,
      );
    }
    tensors.set(info.name, { ...info, offset: Number(start) });
  }
  refuseOverlaps(cursor.path, tensors);
  return tensors;
}

function refuseOverlaps(path: string, tensors: ReadonlyMap<string, GgufTensor>): void {
  const ordered = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  ordered.forEach((tensor, index) => {
    const previous = ordered[index - 1];
    if (previous === undefined || tensor.offset >= previous.offset + (previous.bytes ?? 1)) return;
    throw ggufInvalid(
      path,
      `lets tensor ${quoted(tensor.name)} overlap tensor ${quoted(previous.name)} at byte ${tensor.offset}`,
    );
  });
}
