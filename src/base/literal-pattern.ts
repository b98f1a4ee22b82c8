/**
 * The source of a regular expression that matches just this text, outside of a class of characters. With the
 * flag `u` nothing else may be escaped.
 */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
