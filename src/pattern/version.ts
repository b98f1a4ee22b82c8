import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** This package's version: both ends of a session must have the same one. */
export const packageVersion = readVersion();

function readVersion(): string {
  // dist/src/pattern and src/pattern have the manifest at different distances.
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
