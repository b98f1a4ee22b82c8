import type { Host } from './host';
import type { ProviderRegistry } from './registry';

/** What the nouns of the pattern need from the realm they run in: where leases come from, and who makes clients. */
export interface Realm {
  /** @throws ModelProviderError `SESSION_MISSING` inside Jest without a session. */
  host(): Host;
  /** The providers of this realm: the built-in ones and the user's own. */
  registry(): Promise<ProviderRegistry>;
}

let installed: Realm | undefined;

/** Connects the pattern to its realm. Returns how to go back to the one before. */
export function installRealm(realm: Realm): () => void {
  const before = installed;
  installed = realm;
  return () => (installed = before);
}

export function currentRealm(): Realm {
  if (installed === undefined)
    throw new Error('jest-model-provider: import the package by its name, not its inner files.');
  return installed;
}
