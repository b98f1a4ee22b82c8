import { requireActual } from '../../base/actual';

const { TextDecoder } = process.getBuiltinModule('node:util');

/** Whether there is an encoding of this label. */
export function isEncoding(label: unknown): boolean {
  return typeof label === 'string' && (unicodeOf(label) !== undefined || iconv().encodingExists(label));
}

/** The name of an encoding of Unicode; undefined for a label of another, or of none. */
export function unicodeOf(label: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith('utf-') ? encoding : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The decoders of all other encodings. Node's own takes windows-1252 for latin1:
 * https://github.com/nodejs/node/issues/56542. Loaded when needed: few specs need it.
 */
export function iconv(): typeof import('iconv-lite') {
  return requireActual('iconv-lite') as typeof import('iconv-lite');
}
