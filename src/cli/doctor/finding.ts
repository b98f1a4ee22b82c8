/** The result of one check: one line of the output. */
export interface Finding {
  readonly name: string;
  /** `missing`: not installed, which matters only to those who want it; `problem`: something to repair. */
  readonly status: 'ok' | 'missing' | 'problem';
  readonly detail: string;
  /** What to do about it; null if there is nothing to do. */
  readonly fix: string | null;
}

/** Checks one thing. Changes nothing. */
export type Check = () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>;

export function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail, fix: null };
}

export function missing(name: string, detail: string, fix: string): Finding {
  return { name, status: 'missing', detail, fix };
}

export function problem(name: string, detail: string, fix: string): Finding {
  return { name, status: 'problem', detail, fix };
}
