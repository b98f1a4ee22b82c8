// eslint-disable-next-line no-control-regex -- control characters are what must go
const control = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Text that models, servers or users chose, fit for a terminal: no escape codes, one line. */
export function printable(text: string): string {
  return text.replace(control, ' ').trim();
}
