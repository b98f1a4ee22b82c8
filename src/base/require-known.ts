import { nearest } from './nearest';

/** A message about the first property that is not `known`, or undefined: a typo must not be ignored. */
export function unknownOption(options: object, known: readonly string[]): string | undefined {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const close = nearest(unknown, known);
  const hint = close === undefined ? `there are ${known.join(', ')}` : `did you mean ${close}`;
  return `there is no option ${unknown}; ${hint}`;
}

/** @throws TypeError for a property that is not `known`. */
export function requireKnown(options: object, known: readonly string[]): void {
  const problem = unknownOption(options, known);
  if (problem !== undefined) throw new TypeError(problem);
}
