import type { CallMessage, ToolCallPart, ToolResultPart } from './conversation';

/** A call of a tool in a request, and what was sent back for it. */
interface Pair {
  /** Undefined where the server remembers the call, and the request has the result alone. */
  readonly call: ToolCallPart | undefined;
  readonly result: ToolResultPart;
}

/** What tools gave back: the model's next call has it among its messages. */
export class ToolResults {
  readonly #messages: readonly (readonly CallMessage[])[];
  readonly #pairs: (readonly Pair[] | undefined)[] = [];

  /** @param messages those of each call. */
  constructor(messages: readonly (readonly CallMessage[])[]) {
    this.#messages = messages;
  }

  /** The result of a tool that the answer of the call at `index` calls. */
  of(call: ToolCallPart, index: number): { readonly result: string | undefined; readonly isError: boolean } {
    for (let later = index + 1; later < this.#messages.length; later += 1) {
      // Some servers give an id again. The last pair is of the latest answer.
      const pair = this.#pairsOf(later).findLast((each) => isOf(each, call));
      if (pair !== undefined)
        return { result: textOfResult(pair.result), isError: pair.result.isError === true };
    }
    return { result: undefined, isError: false };
  }

  #pairsOf(index: number): readonly Pair[] {
    return (this.#pairs[index] ??= pairsIn(this.#messages[index] ?? []));
  }
}

function isOf({ call, result }: Pair, { id, name, arguments: written }: ToolCallPart): boolean {
  if (id !== undefined) return result.id === id && (call === undefined || call.name === name);
  return call?.name === name && call.arguments === written;
}

function pairsIn(messages: readonly CallMessage[]): Pair[] {
  const open: ToolCallPart[] = [];
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part): Pair[] => {
      if (part.type === 'toolCall') open.push(part);
      if (part.type !== 'toolResult') return [];
      const at = open.findIndex(({ id, name }) =>
        part.id === undefined ? part.name === undefined || part.name === name : part.id === id,
      );
      const [call] = at === -1 ? [] : open.splice(at, 1);
      return [{ call, result: part }];
    }),
  );
}

/** A result as a text: what is none in it is JSON. */
export function textOfResult({ parts }: ToolResultPart): string {
  const texts = parts.map((part) =>
    'text' in part ? part.text : JSON.stringify(part.type === 'other' ? part.json : part),
  );
  return texts.join('');
}
