/** One judgement of an answer. `null` means that the score does not apply to this sample; it is counted apart. */
export interface Score {
  readonly name: string;
  readonly value: number | boolean | null;
}

/** What a sample's function returns: the model's answer and how it was judged. */
export class Result {
  readonly response: string;
  readonly scores: readonly Score[];

  /**
   * @param response what the model answered.
   * @param scores the judgements of it; none, one or several.
   * @example
   * return new Result(reply.text, exactMatch(reply.text, answer));
   */
  constructor(response: string, ...scores: readonly Score[]) {
    this.response = response;
    this.scores = scores;
  }
}
