/** What {@link StopStrings.push} lets through. */
export interface Released {
  /** Text that can no longer be part of a stop string. */
  readonly text: string;
  /** Whether a stop string was found; the text ends before it. */
  readonly stopped: boolean;
}

/** Watches a growing text for stop strings, which may span several pieces of it. */
export class StopStrings {
  readonly #stops: readonly string[];
  readonly #longest: number;
  #held = '';

  /** @param stops none of them empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  /** Takes the next piece; holds back an end that may yet become a stop string. */
  push(piece: string): Released {
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...found)), stopped: true };
    }
    const kept = this.#possibleStart(text);
    this.#held = text.slice(text.length - kept);
    return { text: text.slice(0, text.length - kept), stopped: false };
  }

  /** What was held back, for a text that ended without a stop string. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** The length of the longest end of `text` that is the beginning of a stop string. */
  #possibleStart(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
