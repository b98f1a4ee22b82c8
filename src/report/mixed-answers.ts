/** Why replayed evaluations are not compared with live ones, and what to do. */
export function whyNotMixed(title: string, replayed: readonly string[], live: readonly string[]): string {
  return `${title}: ${mixture(replayed, live)}: have all replayed, or none, or allow it with compare --allow-replayed`;
}

/** What differs between evaluations of which some are replayed, in words. */
export function mixture(replayed: readonly string[], live: readonly string[]): string {
  return `the answers of ${replayed.join(', ')} are recorded ones, and those of ${live.join(', ')} are not`;
}
