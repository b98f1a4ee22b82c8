/** One line of what `doctor` found. */
export interface Finding {
  readonly name: string;
  /** `missing`: not here, which matters only to those who want it; `problem`: something to be put right. */
  readonly status: 'ok' | 'missing' | 'problem';
  readonly detail: string;
  /** What to do about it; null if there is nothing to do. */
  readonly fix: string | null;
}

/** Looks at one thing, and changes nothing. */
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
