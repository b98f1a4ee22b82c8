import type { Json } from '../../../base/json';
import { codeOf } from '../../../base/printable';

/**
 * Two texts that look equal and are not, with what is invisible or look-alike as escapes; undefined if they do
 * not look equal. An answer that differs by a no-break space is a puzzle without it.
 */
export function lookAlike(answer: string, expected: string): Record<string, Json> | undefined {
  if (answer === expected || appearance(answer) !== appearance(expected)) return undefined;
  return { looksEqual: { answer: escapes(answer), expected: escapes(expected) } };
}

// Marks, joiners and spaces without width, soft hyphens, and signs of direction.
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

function appearance(text: string): string {
  return text.normalize('NFKC').replace(invisible, '').replace(/\s/gu, ' ').trim();
}

function escapes(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, codeOf);
}
