import fs from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readFully } from './file-cursor';
import { ggmlTypes } from './ggml-types';
import type { GgufHeader, GgufTensor } from './gguf';
import { ggufInvalid, quoted } from './gguf-invalid';

type Decoder = (source: Buffer, target: Float32Array) => void;

const decoders: ReadonlyMap<number, Decoder> = new Map([
  [0, decodeF32],
  [1, decodeF16],
  [8, decodeQ80],
]);

/**
 * Reads all weights of a file as 32-bit floats, in the file's element order. Types F32, F16 and Q8_0 work.
 * The event loop gets a turn after each tensor, so that a server answers while it loads.
 *
 * @throws `GGUF_INVALID` for another tensor type, a value that is NaN or infinite, or a file that shrank
 *   meanwhile
 */
export async function readTensors(header: GgufHeader): Promise<Map<string, Float32Array>> {
  for (const tensor of header.tensors.values()) decoderOf(header, tensor);
  const descriptor = fs.openSync(header.path, 'r');
  try {
    const weights = new Map<string, Float32Array>();
    for (const tensor of header.tensors.values()) {
      weights.set(tensor.name, readTensor(descriptor, header, tensor));
      await nextTurn();
    }
    return weights;
  } finally {
    fs.closeSync(descriptor);
  }
}

function decoderOf(header: GgufHeader, tensor: GgufTensor): Decoder {
  const decoder = decoders.get(tensor.type);
  if (decoder !== undefined) return decoder;
  const name = ggmlTypes.get(tensor.type)?.name ?? `number ${tensor.type}`;
  throw ggufInvalid(
    header.path,
    `has tensor ${quoted(tensor.name)} in the type ${name}, which the embedded engine cannot read; F32, F16 and Q8_0 work`,
  );
}

function readTensor(descriptor: number, header: GgufHeader, tensor: GgufTensor): Float32Array {
  const what = `tensor ${quoted(tensor.name)}`;
  const source = Buffer.allocUnsafe(tensor.bytes!);
  readFully(descriptor, source, tensor.offset, header.path, what);
  const target = new Float32Array(tensor.elements);
  decoderOf(header, tensor)(source, target);
  if (!allFinite(target))
    throw ggufInvalid(header.path, `holds NaN or infinity in ${what} at byte ${tensor.offset}`);
  return target;
}

function allFinite(values: Float32Array): boolean {
  let zero = 0;
  for (let index = 0; index < values.length; index++) zero += values[index]! * 0;
  return zero === 0;
}

function decodeF32(source: Buffer, target: Float32Array): void {
  for (let index = 0; index < target.length; index++) target[index] = source.readFloatLE(index * 4);
}

function decodeF16(source: Buffer, target: Float32Array): void {
  const halves = halfTable();
  for (let index = 0; index < target.length; index++) target[index] = halves[source.readUInt16LE(index * 2)]!;
}

/** Blocks of 32: a half-precision scale, then 32 signed bytes. */
function decodeQ80(source: Buffer, target: Float32Array): void {
  const halves = halfTable();
  for (let first = 0, at = 0; first < target.length; first += 32, at += 34) {
    const scale = halves[source.readUInt16LE(at)]!;
    for (let index = 0; index < 32; index++) target[first + index] = scale * source.readInt8(at + 2 + index);
  }
}

let halves: Float32Array | undefined;

/** Every half-precision number by its bits: a look-up is several times faster than decoding each value. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits >> 15 === 0 ? 1 : -1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  return halves;
}
