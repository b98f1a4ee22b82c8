import { isObject } from '../base/json';
import type { ToolCall } from './answer';
import { textOr } from './content';

/** A call of a tool while its pieces arrive. */
interface Pieces {
  readonly id: string | undefined;
  name: string;
  written: string;
}

/** The calls of tools in a whole message. */
export function readToolCalls(message: Readonly<Record<string, unknown>>): ToolCall[] {
  const collected = new ToolCallPieces();
  collected.add(message);
  return collected.calls;
}

/** Puts the calls of tools together from the pieces of a stream. */
export class ToolCallPieces {
  readonly #calls: Pieces[] = [];
  /** The last one by the index that the server gives, else by the position in the message. */
  readonly #open = new Map<number, Pieces>();

  /** @param message a message, or a piece of one. */
  add({ tool_calls: calls, function_call: legacy }: Readonly<Record<string, unknown>>): void {
    const before = this.#calls.length;
    if (Array.isArray(calls))
      for (const [position, call] of calls.entries()) this.#add(call, position, before);
    // https://platform.openai.com/docs/guides/function-calling, before tools
    else if (isObject(legacy)) this.#add({ function: legacy }, 0, before);
  }

  get calls(): ToolCall[] {
    return this.#calls.map(({ id, name, written }) => ({
      id,
      name,
      arguments: parsed(written),
      written,
    }));
  }

  /** @param before how many calls there were before this message. */
  #add(call: unknown, position: number, before: number): void {
    if (!isObject(call)) return;
    const called = isObject(call['function']) ? call['function'] : {};
    const [name, written] = [textOr(called['name']), writtenOf(called['arguments'])];
    const index = typeof call['index'] === 'number' ? call['index'] : position;
    const id = typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : undefined;
    const known = this.#open.get(index);
    // Some servers give all calls the same index. Others give each piece of one call an id of its own, but its
    // name only once.
    const isOther =
      known === undefined ||
      (name !== '' && ((id !== undefined && id !== known.id) || this.#calls.indexOf(known) >= before));
    if (isOther) {
      const begun = { id, name, written };
      this.#calls.push(begun);
      this.#open.set(index, begun);
      return;
    }
    // The name comes once, or again with every piece.
    if (known.name === '') known.name = name;
    known.written += written;
  }
}

/** Some servers send the arguments as an object, or nothing at all for none. */
function writtenOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value == null ? '' : JSON.stringify(value);
}

function parsed(written: string): ToolCall['arguments'] {
  if (written.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(written);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
