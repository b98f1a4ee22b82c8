/** A number of a JSON text. */
export interface JsonNumber {
  /** As it is written there. */
  readonly written: string;
  /** Where it begins. */
  readonly at: number;
  /** The keys and indexes that lead to it; to be called before the next number is asked for. */
  readonly path: () => (string | number)[];
}

/** A list or an object that is open, and where in it we are. */
interface Level {
  readonly isList: boolean;
  index: number;
  /** Where the key begins and ends; 0 before it. Few keys are ever asked for. */
  keyStart: number;
  keyEnd: number;
}

/**
 * The numbers of a JSON text, to the digit, in their order. `JSON.parse` makes doubles of them, and Node 20 has
 * no `context.source` for its reviver.
 *
 * @param text JSON that `JSON.parse` has accepted.
 */
export function* jsonNumbers(text: string): Generator<JsonNumber, void, undefined> {
  const token = /[{}[\],"]|-?\d[\d.eE+-]*/g;
  const levels: Level[] = [];
  const path = (): (string | number)[] =>
    levels.map(({ isList, index, keyStart, keyEnd }) =>
      isList ? index : (JSON.parse(text.slice(keyStart, keyEnd)) as string),
    );
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [written] = match;
    const level = levels.at(-1);
    if (written === '{' || written === '[')
      levels.push({ isList: written === '[', index: 0, keyStart: 0, keyEnd: 0 });
    else if (written === '}' || written === ']') levels.pop();
    else if (written === ',') {
      if (level === undefined) continue;
      level.index += 1;
      level.keyEnd = 0;
    } else if (written === '"') {
      const end = endOfText(text, match.index);
      if (level?.keyEnd === 0) {
        level.keyStart = match.index;
        level.keyEnd = end;
      }
      token.lastIndex = end;
    } else yield { written, at: match.index, path };
  }
}

/** A JSON text with its numbers replaced. */
export function replaceJsonNumbers(text: string, replacement: (written: string) => string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { written, at } of jsonNumbers(text)) {
    pieces.push(text.slice(from, at), replacement(written));
    from = at + written.length;
  }
  return pieces.join('') + text.slice(from);
}

/** The index behind the text that begins at `start`. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charAt(end - escapes - 1) === '\\') escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}
