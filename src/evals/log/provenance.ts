import type { HeaderRecord } from './log-record';

/** What the samples of a segment of the log depend on. */
export type Provenance = Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity' | 'tools'>;

/** Whether the samples of two segments were made by the same code and the same model. */
export function isSameProvenance(a: Provenance, b: Provenance): boolean {
  return textOf(a) === textOf(b);
}

// As text: objects of the session belong to another realm, and are never deeply equal to those of this one.
function textOf({ code, spec, config, identity, tools = [] }: Provenance): string {
  return JSON.stringify([code, spec, config, identity, tools]);
}
