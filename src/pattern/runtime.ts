import type { SessionClient } from './session-client';
import type { ProviderRegistry } from './registry';
import type { Recordings } from './recordings';
import type { Tap } from './tap';

/**
 * What the pattern gets from where it runs: the session client, which grants leases, and the providers, which
 * make clients.
 */
export interface Runtime {
  /** @throws ModelProviderError `SESSION_MISSING` inside Jest without a session. */
  session(): SessionClient;
  /** The providers of this runtime: the built-in ones and the user's own. */
  registry(): Promise<ProviderRegistry>;
  /** Sees the calls of applications under test; undefined outside Jest, where nobody asks for them. */
  tap(): Tap | undefined;
  /** The recordings of this spec file; undefined where none are made or used. */
  recordings(): Recordings | undefined;
}

let installed: Runtime | undefined;

/** Installs the runtime of this realm. Returns a function that restores the previous one. */
export function installRuntime(runtime: Runtime): () => void {
  const before = installed;
  installed = runtime;
  return () => (installed = before);
}

/** The runtime of this realm; the public index installs it. */
export function currentRuntime(): Runtime {
  if (installed === undefined)
    throw new Error('jest-model-provider: import the package by its name, not its inner files.');
  return installed;
}
