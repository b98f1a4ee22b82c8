import { isAbsolute, resolve } from 'node:path';

/** An option of a run as it was given, and what messages call it. */
export interface Given {
  readonly value: unknown;
  /** Such as `EVALS_PRICES`, or `testEnvironmentOptions.evals.prices`. */
  readonly name: string;
  /** Whether it is the text of a variable. */
  readonly isVariable: boolean;
  /** Absolute path at which relative ones begin. */
  readonly directory: string;
}

/** The absolute path that an option or a variable names. */
export function pathOf(path: string, directory: string): string {
  const rooted = path.replace(/^<rootDir>/, directory);
  return isAbsolute(rooted) ? rooted : resolve(directory, rooted);
}
