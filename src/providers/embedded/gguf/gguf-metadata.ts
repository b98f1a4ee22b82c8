import type { FileCursor } from './file-cursor';
import { ggufInvalid, quoted } from './gguf-invalid';

/** A numeric array of the file, in the file's own width; booleans are bytes of 0 and 1. */
export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array;

/** A metadata value; 64-bit integers are `number` when that is exact, else `bigint`. */
export type GgufValue = number | bigint | boolean | string | GgufNumbers | string[];

const stringType = 8;
const arrayType = 9;
const boolType = 7;

/** The fixed-size value types by number, as in https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. */
const numericTypes: ReadonlyMap<number, { bytes: number; view: (bytes: ArrayBuffer) => GgufNumbers }> =
  new Map([
    [0, { bytes: 1, view: (bytes: ArrayBuffer) => new Uint8Array(bytes) }],
    [1, { bytes: 1, view: (bytes: ArrayBuffer) => new Int8Array(bytes) }],
    [2, { bytes: 2, view: (bytes: ArrayBuffer) => new Uint16Array(bytes) }],
    [3, { bytes: 2, view: (bytes: ArrayBuffer) => new Int16Array(bytes) }],
    [4, { bytes: 4, view: (bytes: ArrayBuffer) => new Uint32Array(bytes) }],
    [5, { bytes: 4, view: (bytes: ArrayBuffer) => new Int32Array(bytes) }],
    [6, { bytes: 4, view: (bytes: ArrayBuffer) => new Float32Array(bytes) }],
    [boolType, { bytes: 1, view: (bytes: ArrayBuffer) => new Uint8Array(bytes) }],
    [10, { bytes: 8, view: (bytes: ArrayBuffer) => new BigUint64Array(bytes) }],
    [11, { bytes: 8, view: (bytes: ArrayBuffer) => new BigInt64Array(bytes) }],
    [12, { bytes: 8, view: (bytes: ArrayBuffer) => new Float64Array(bytes) }],
  ]);

/**
 * Reads the metadata block that follows the two counts of the header.
 *
 * @param entries number of key-value pairs, already known to fit into the file
 * @throws `GGUF_INVALID` for a duplicate key, an unknown value type, an array of arrays, or a truncated value
 */
export function readMetadata(cursor: FileCursor, entries: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < entries; entry++) {
    const at = cursor.position;
    const key = cursor.string(`the key of metadata entry ${entry}`);
    if (metadata.has(key))
      throw ggufInvalid(cursor.path, `has the key ${quoted(key)} twice, again at byte ${at}`);
    const type = cursor.uint32(`the value type of ${quoted(key)}`);
    metadata.set(key, type === arrayType ? readArray(cursor, key) : readValue(cursor, key, type));
  }
  return metadata;
}

/** A key length, a type number and a value: no metadata entry takes fewer bytes. */
export const smallestMetadataEntry = 8 + 4 + 1;

function readValue(cursor: FileCursor, key: string, type: number): GgufValue {
  if (type === stringType) return cursor.string(`the value of ${quoted(key)}`);
  const value = readNumbers(cursor, key, type, 1)[0]!;
  if (type === boolType) return value === 1;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  return value;
}

function readArray(cursor: FileCursor, key: string): GgufValue {
  const type = cursor.uint32(`the element type of ${quoted(key)}`);
  if (type === arrayType) {
    throw ggufInvalid(
      cursor.path,
      `has an array of arrays in ${quoted(key)}, which llama.cpp does not accept either`,
    );
  }
  if (type !== stringType) return readNumbers(cursor, key, type, undefined);
  const length = cursor.count(8, `the length of ${quoted(key)}`);
  const strings: string[] = [];
  for (let index = 0; index < length; index++)
    strings.push(cursor.string(`element ${index} of ${quoted(key)}`));
  return strings;
}

function readNumbers(cursor: FileCursor, key: string, type: number, fixed: number | undefined): GgufNumbers {
  const numeric = numericTypes.get(type);
  if (numeric === undefined) {
    throw ggufInvalid(
      cursor.path,
      `has the unknown value type ${type} in ${quoted(key)} before byte ${cursor.position}`,
    );
  }
  const length = fixed ?? cursor.count(numeric.bytes, `the length of ${quoted(key)}`);
  const at = cursor.position;
  const source = cursor.take(length * numeric.bytes, `the value of ${quoted(key)}`);
  // A copy, because a typed array has to start at a multiple of its width and the view is valid for one read
  // only.
  const bytes = new ArrayBuffer(source.length);
  new Uint8Array(bytes).set(source);
  const numbers = numeric.view(bytes);
  if (type === boolType && (numbers as Uint8Array).some((value) => value > 1)) {
    throw ggufInvalid(cursor.path, `has a boolean that is neither 0 nor 1 in ${quoted(key)} at byte ${at}`);
  }
  return numbers;
}
