import { join } from './path';
const { readFileSync } = process.getBuiltinModule('node:fs');

/** The version of this package. Both ends of a session must have the same one. */
export const packageVersion = readVersion();

function readVersion(): string {
  // From dist/src/base the manifest is one level further up than from src/base.
  for (const up of ['../../..', '../..']) {
    try {
      const manifest = JSON.parse(readFileSync(join(__dirname, up, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
      };
      if (manifest.name === 'jest-model-provider') return manifest.version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
