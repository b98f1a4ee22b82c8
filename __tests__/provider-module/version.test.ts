import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

// As Yarn's does with archives: Node then makes the `require` of such a module by itself, without `cache`.
const readingHook = `
  import { readFile } from 'node:fs/promises';
  export const load = async (url, context, next) =>
    url.startsWith(${JSON.stringify(pathToFileURL(dist).href)})
      ? { format: 'commonjs', source: await readFile(new URL(url)), shortCircuit: true }
      : next(url, context);`;

test('a provider module and its version are the same where a loader of ES modules reads this package', () => {
  const module = join(places.directory, 'providers.js');
  write('providers.js', `module.exports = require('./local.js');`);
  write('local.js', 'module.exports = { size: 1 };');
  const code = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(readingHook)}));
    const { loadProviderModule } = await import(${JSON.stringify(pathToFileURL(join(dist, 'src/provider-module/load.js')).href)});
    const { moduleVersion } = await import(${JSON.stringify(pathToFileURL(join(dist, 'src/provider-module/version.js')).href)});
    console.log(await loadProviderModule(${JSON.stringify(module)}), moduleVersion(${JSON.stringify(module)}));`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(loaded).toBe(`{ size: 1 } ${version()}`);
});
