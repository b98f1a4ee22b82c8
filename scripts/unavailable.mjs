/** Why a server that tests need cannot be had on this machine. */
export class Unavailable extends Error {}

/** Prints what `fetch` gives, or "skipped: <why>" where it throws `Unavailable`. */
export async function printOrSkip(fetch) {
  try {
    console.log(await fetch());
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`skipped: ${error.message}`);
  }
}

/** The last line of what a command printed. */
export function lastLine(text) {
  return String(text ?? '')
    .trim()
    .split('\n')
    .at(-1);
}
