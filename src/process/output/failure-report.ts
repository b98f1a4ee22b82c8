/** A line that servers print before they die, and what the user can do about it. */
export interface FailureHint {
  /** Searched for in the log tail and in the description of the exit. */
  readonly pattern: RegExp;
  /** The cause, as the first line of the error; may use the pattern's groups, `$1`. */
  readonly cause: string;
  readonly fix: string;
}

export interface FailedStart {
  readonly title: string;
  /** What went wrong, if no hint names the cause. */
  readonly reason: string;
  readonly command: readonly string[];
  /** The lines that are searched for causes; the last of them are shown. */
  readonly logTail: readonly string[];
  readonly hints: readonly FailureHint[];
}

const shownLines = 20;

/** The message of a failed start: cause first, then the command, the last log lines, and what to do. */
export function failureMessage({ title, reason, command, logTail, hints }: FailedStart): string {
  const evidence = `${logTail.join('\n')}\n${reason}`;
  const hint = hints.find(({ pattern }) => pattern.test(evidence));
  const cause = causeIn(evidence, hints);
  const shown = logTail.slice(-shownLines);
  return [
    `${title}: ${cause === undefined ? `${reason}.` : `${cause} (${lowerFirst(reason)}).`}`,
    `Command: ${command.map(quote).join(' ')}`,
    ...(shown.length === 0
      ? ['It printed nothing.']
      : ['Its last lines:', ...shown.map((line) => `  | ${line}`)]),
    ...(hint === undefined ? [] : [`What to do: ${hint.fix}`]),
  ].join('\n');
}

/** The cause that the first matching hint names; undefined if none matches. */
export function causeIn(evidence: string, hints: readonly FailureHint[]): string | undefined {
  for (const { pattern, cause } of hints) {
    const found = pattern.exec(evidence)?.[0];
    if (found !== undefined) return found.replace(pattern, cause);
  }
  return undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function quote(argument: string): string {
  return /^[\w@%+=:,./#-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
