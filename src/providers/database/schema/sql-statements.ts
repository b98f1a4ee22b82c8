/** A statement of a SQL file, or a command of psql. */
export interface SqlPiece {
  /** The index of its first character, comments and white space before it included. */
  readonly begin: number;
  /** The index after its last character, the semicolon. */
  readonly end: number;
  /**
   * `copy`: rows follow it, from the next line on. `quoting`: it sets how strings are read from then on. `psql`:
   * a backslash outside of all quotes, which begins a command of psql; `begin` is that of the backslash.
   */
  readonly kind: 'sql' | 'copy' | 'quoting' | 'psql';
}

// https://www.postgresql.org/docs/current/sql-syntax-lexical.html
const word = /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y;
const dollars = /\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/y;
const special = /[A-Za-z_\u0080-\uFFFF'"$\\;()/-]/g;
const stop = /['\\]/g;
// A quote that is doubled, or two strings with a line break between them, which are one.
const continuation = /(?:[^\S\n\r]*(?:--[^\n\r]*)?[\n\r](?:\s|--[^\n\r]*[\n\r])*)?'/y;
const lineBreak = /[\n\r]/g;
const off = /standard_conforming_strings\s*(?:=|\bto\b)\s*'?(?:off|false|no|0)\b/i;

/**
 * Reads SQL as far as it must be read to tell statements from what looks like them: strings, quoted names,
 * dollar-quoted bodies and comments are passed over as the server does it, the rest is the server's to parse.
 * So semicolons in brackets or in the body of `BEGIN ATOMIC` end a piece as well; nothing depends on those.
 */
export class SqlStatements {
  readonly #text: string;
  #at: number;
  /** Whether a backslash in a plain string stands for itself: standard_conforming_strings. */
  #isConforming = true;

  constructor(text: string) {
    this.#text = text;
    this.#at = 0;
  }

  /** Goes on at another index, as after the rows of a copy. */
  goTo(index: number): void {
    this.#at = index;
  }

  /** The next piece; undefined at the end. */
  next(): SqlPiece | undefined {
    const begin = this.#at;
    let first = '';
    let before = '';
    let depth = 0;
    let isFromStdin = false;
    for (;;) {
      special.lastIndex = this.#at;
      const found = special.exec(this.#text)?.index;
      if (found === undefined) break;
      this.#at = found + 1;
      switch (this.#text[found]) {
        case '\\':
          return { begin: found, end: found + 1, kind: 'psql' };
        case ';':
          return this.#piece(begin, first === 'copy' && isFromStdin, first === 'set' || first === 'reset');
        case '(':
          depth += 1;
          break;
        case ')':
          depth -= 1;
          break;
        case "'":
          this.#passString(!this.#isConforming);
          break;
        case '"':
          this.#passTo('"');
          break;
        case '$':
          this.#passDollars(found);
          break;
        case '-':
          if (this.#text[this.#at] === '-') this.#passLine();
          break;
        case '/':
          if (this.#text[this.#at] === '*') this.#passComment();
          break;
        default: {
          const name = this.#word(found);
          if (first === '') first = name;
          // A table may be called stdin.
          if (first === 'copy' && depth === 0 && before === 'from' && name === 'stdin') isFromStdin = true;
          before = name;
        }
      }
    }
    this.#at = this.#text.length;
    // A copy without its semicolon has no rows.
    return begin === this.#at ? undefined : { begin, end: this.#at, kind: 'sql' };
  }

  #piece(begin: number, isCopy: boolean, isSet: boolean): SqlPiece {
    const end = this.#at;
    const isQuoting = isSet && /standard_conforming_strings/i.test(this.#text.slice(begin, end));
    if (isQuoting) this.#isConforming = !off.test(this.#text.slice(begin, end));
    return { begin, end, kind: isCopy ? 'copy' : isQuoting ? 'quoting' : 'sql' };
  }

  /** Passes over a word, and over the string with escapes that it may begin. Returns it in lower case. */
  #word(begin: number): string {
    word.lastIndex = begin;
    const [found = ''] = word.exec(this.#text) ?? [];
    this.#at = begin + found.length;
    if (found.toLowerCase() === 'e' && this.#text[this.#at] === "'") {
      this.#at += 1;
      this.#passString(true);
    }
    return found.toLowerCase();
  }

  /** Passes over the rest of a string. A doubled quote ends one and begins the next. */
  #passString(hasEscapes: boolean): void {
    if (!hasEscapes) return this.#passTo("'");
    for (;;) {
      stop.lastIndex = this.#at;
      const found = stop.exec(this.#text);
      if (found === null) return this.#passTo("'");
      const isEscape = found[0] !== "'";
      this.#at = found.index + (isEscape ? 2 : 1);
      if (isEscape) continue;
      continuation.lastIndex = this.#at;
      const more = continuation.exec(this.#text);
      if (more === null) return;
      this.#at += more[0].length;
    }
  }

  #passDollars(begin: number): void {
    dollars.lastIndex = begin;
    const [tag] = dollars.exec(this.#text) ?? [];
    if (tag === undefined) return;
    this.#at = begin + tag.length;
    this.#passTo(tag);
  }

  /** Comments may hold comments. */
  #passComment(): void {
    const ends = /\/\*|\*\//g;
    ends.lastIndex = this.#at + 1;
    for (let depth = 1; depth > 0;) {
      const found = ends.exec(this.#text);
      if (found === null) {
        this.#at = this.#text.length;
        return;
      }
      depth += found[0] === '/*' ? 1 : -1;
      this.#at = ends.lastIndex;
    }
  }

  #passLine(): void {
    lineBreak.lastIndex = this.#at;
    this.#at = lineBreak.exec(this.#text)?.index ?? this.#text.length;
  }

  /** Passes over everything up to and with `end`. */
  #passTo(end: string): void {
    const found = this.#text.indexOf(end, this.#at);
    this.#at = found < 0 ? this.#text.length : found + end.length;
  }
}
