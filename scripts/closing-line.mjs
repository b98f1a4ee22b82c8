/** The last line of every script that counts: `12 passed, 0 failed`, and what was skipped if anything was. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The counts of the last such line in `output`, if there is one. */
export function countsIn(output) {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (line === undefined) return undefined;
  const [passed, failed, skipped] = line.slice(1).map((count) => Number(count ?? 0));
  return { passed, failed, skipped };
}
