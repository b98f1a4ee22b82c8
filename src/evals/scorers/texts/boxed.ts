/** The inside of the last `\boxed{…}` of a text; undefined without any. Braces within it are balanced. */
export function lastBoxed(text: string): string | undefined {
  const begin = /\\(?:boxed|fbox)\s*\{/g;
  let inside: string | undefined;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const from = match.index + match[0].length;
    let depth = 1;
    let at = from;
    for (; at < text.length && depth > 0; at += 1) {
      const letter = text.charAt(at);
      if (letter === '{') depth += 1;
      if (letter === '}') depth -= 1;
    }
    if (depth === 0) inside = text.slice(from, at - 1);
  }
  return inside;
}
