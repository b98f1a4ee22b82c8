/** The first characters of a text, `most` at most; the last one is not cut in two. */
export function beginning(text: string, most: number): string {
  const cutsInTwo = (text.codePointAt(most - 1) ?? 0) > 0xffff;
  return text.slice(0, cutsInTwo ? most - 1 : most);
}

/** A text of `most` characters at most, with an ellipsis for the rest of a longer one. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${beginning(text, most - 1)}…`;
}
