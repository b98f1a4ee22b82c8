import { cut } from '../../../base/cut';
import { ModelProviderError } from '../../../base/errors';

/**
 * The error for a model file that cannot be used: code `GGUF_INVALID`, with file and problem in its first
 * line.
 *
 * @param file path of the file as the user named it
 * @param problem what is wrong and where, as the end of a sentence
 */
export function ggufInvalid(file: string, problem: string, cause?: unknown): ModelProviderError {
  return new ModelProviderError('GGUF_INVALID', `The GGUF file ${printable(file, 4096)} ${problem}`, {
    details: { file },
    cause,
  });
}

/**
 * A name read from an untrusted file, fit for a one-line message: quoted, escaped and at most 80 characters
 * long.
 */
export function quoted(name: string): string {
  return `"${printable(name, 80)}"`;
}

function printable(text: string, limit: number): string {
  return cut(text, limit).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
