// Control characters, and those that break lines or turn the direction of the text around.
// eslint-disable-next-line no-control-regex -- they are what must go
const control = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/** Text that models, servers or users chose, fit for a terminal: no escape codes, one line. */
export function printable(text: string): string {
  return text.replace(control, ' ').trim();
}
