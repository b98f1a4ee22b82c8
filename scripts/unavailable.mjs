import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why a server that tests need cannot be had on this machine. */
export class Unavailable extends Error {}

/**
 * What `fetch` gives. Where UNAVAILABLE_NOTES names a folder, its first `Unavailable` is noted there and thrown
 * again the next time: else every file of tests and every stage would wait for a slow registry anew.
 */
export async function fetchOnce(name, fetch) {
  const { UNAVAILABLE_NOTES: folder } = process.env;
  const note = folder === undefined ? undefined : join(folder, `unavailable-${name}`);
  if (note !== undefined && existsSync(note)) throw new Unavailable(readFileSync(note, 'utf8'));
  try {
    return await fetch();
  } catch (error) {
    if (note !== undefined && error instanceof Unavailable) writeFileSync(note, error.message);
    throw error;
  }
}

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
