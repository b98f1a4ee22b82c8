// What stands before a text that is named to be left out: "not Rome", "it can't be Rome", "rather than Rome".
const leftOut =
  /\b(?:not|cannot|never|neither|nor|than|instead of|unlike|(?:is|are|was|were|do|does|did|ca|could|would|should|must)n[' ]t)(?: be)?(?: (?:the|an?|option|choice|answer))? [("'*]*$/i;

/** Whether what follows `before` is named to be left out. */
export function isLeftOut(before: string): boolean {
  return leftOut.test(before.slice(-40));
}
