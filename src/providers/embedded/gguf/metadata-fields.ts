import type { GgufHeader } from './gguf';
import { ggufInvalid } from './gguf-invalid';
import type { GgufValue } from './gguf-metadata';

/** Bounds of a number, both included, and its value when the file does not state it. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly fallback?: number;
}

/**
 * Typed access to the metadata of a file. Every method throws `GGUF_INVALID` naming the key and what is
 * wrong.
 */
export class MetadataFields {
  readonly #header: GgufHeader;

  constructor(header: GgufHeader) {
    this.#header = header;
  }

  has(key: string): boolean {
    return this.#header.metadata.has(key);
  }

  text(key: string): string {
    const value = this.#required(key);
    if (typeof value !== 'string') throw this.invalid(key, 'is not a string');
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#header.metadata.get(key) ?? fallback;
    if (typeof value !== 'boolean') throw this.invalid(key, 'is not a boolean');
    return value;
  }

  number(key: string, { min, max, fallback }: NumberRule): number {
    const value = this.#header.metadata.get(key) ?? fallback ?? this.#required(key);
    if (typeof value !== 'number') throw this.invalid(key, 'is not a number');
    if (!(value >= min && value <= max)) throw this.invalid(key, `is ${value}, not from ${min} to ${max}`);
    return value;
  }

  integer(key: string, rule: NumberRule): number {
    const value = this.number(key, rule);
    if (!Number.isInteger(value)) throw this.invalid(key, `is ${value}, not an integer`);
    return value;
  }

  strings(key: string): readonly string[] {
    const value = this.#required(key);
    if (!Array.isArray(value)) throw this.invalid(key, 'is not an array of strings');
    return value;
  }

  integers(key: string): readonly number[] {
    const value = this.#required(key);
    if (!ArrayBuffer.isView(value) || value instanceof BigInt64Array || value instanceof BigUint64Array) {
      throw this.invalid(key, 'is not an array of 32-bit integers');
    }
    return Array.from(value);
  }

  /** The error for a key whose value has the right type but makes no sense, or is not supported. */
  invalid(key: string, problem: string): Error {
    return ggufInvalid(this.#header.path, `cannot be used: ${key} ${problem}`);
  }

  #required(key: string): GgufValue {
    const value = this.#header.metadata.get(key);
    if (value === undefined) throw this.invalid(key, 'is missing');
    return value;
  }
}
