import { printable } from '../pattern/printable';

/** Prints what a command found: JSON for programs, else lines of text for people, made harmless for terminals. */
export function print(json: boolean | undefined, found: object, text: () => string): void {
  const output = json === true ? JSON.stringify(found, undefined, 2) : printableLines(text());
  process.stdout.write(`${output}\n`);
}

/** Text that may hold what others wrote, line by line; its indentation stays. */
export function printableLines(text: string): string {
  const lines = text.split('\n').map((line) => `${/^ */.exec(line)?.[0] ?? ''}${printable(line)}`);
  return lines.join('\n');
}
