import { createRequire } from 'node:module';

/**
 * Arguments for a Node of ours that runs without the user's `NODE_OPTIONS`, in a project of Yarn's
 * Plug'n'Play: packages are found, and read out of their archives, by a hook that Yarn puts there. Elsewhere
 * there are none. A module that is loaded so has no `import()` of a package.
 */
export function plugAndPlayArguments(): readonly string[] {
  if (process.versions['pnp'] === undefined) return [];
  // Yarn's name for the hook that knows the file which asks.
  return ['--require', createRequire(__filename).resolve('pnpapi')];
}
