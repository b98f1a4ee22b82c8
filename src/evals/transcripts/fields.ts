import type { CallMessage } from './conversation';

export type Fields = Readonly<Record<string, unknown>>;

/** How the bodies of one API are read. What it cannot read it leaves out, or gives as it is. */
export interface BodyReader {
  messages(request: Fields): CallMessage[];
  /** The tools, as the request describes them. */
  tools(request: Fields): unknown[];
  answers(answer: Fields): CallMessage[];
  /** The fields of a request that these read; the others are options. */
  readonly known: readonly string[];
}

export function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Messages of which those that follow each other and have one role are one. */
export function joinedByRole(messages: readonly CallMessage[]): CallMessage[] {
  const joined: CallMessage[] = [];
  for (const { role, parts } of messages) {
    const last = joined.at(-1);
    if (last?.role === role) joined[joined.length - 1] = { role, parts: [...last.parts, ...parts] };
    else joined.push({ role, parts });
  }
  return joined;
}
