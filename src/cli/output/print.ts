import { printableLines } from '../../base/printable';

/** Prints the result of a command: JSON for programs, or lines of text for people, escaped for terminals. */
export function print(json: boolean | undefined, found: object, text: () => string): void {
  const output = json === true ? JSON.stringify(found, undefined, 2) : printableLines(text());
  process.stdout.write(`${output}\n`);
}
