import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from '../process/node-script';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();

function write(name: string, text: string): void {
  mkdirSync(join(places.directory, 'node_modules/pkg'), { recursive: true });
  writeFileSync(join(places.directory, name), text);
}

/** In a separate process, because Jest's registry does not record which module loaded which. */
function version(): string {
  const module = join(places.directory, 'providers.js');
  const code = `require(${JSON.stringify(module)}); const { moduleVersion } = require(${JSON.stringify(join(dist, 'src/provider-module/version.js'))}); console.log(moduleVersion(${JSON.stringify(module)}))`;
  return execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' });
}

test('the version of a provider module changes with its code and that of its local modules, not with packages', () => {
  write('providers.js', `require('./local'); require('pkg');`);
  write('local.js', `require('./deep');`);
  write('deep.js', `exports.size = 1;`);
  write('node_modules/pkg/index.js', '');
  const first = version();
  expect(first).toMatch(/^[0-9a-f]{16}\n$/);
  write('node_modules/pkg/index.js', 'exports.changed = true;');
  expect(version()).toBe(first);
  write('deep.js', `exports.size = 2;`);
  expect(version()).not.toBe(first);
});
