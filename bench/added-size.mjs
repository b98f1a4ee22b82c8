import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../scripts/consumer-project.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * What the packed package adds to an empty project with Jest.
 *
 * @param tarball by default the package is packed.
 * @returns of `node_modules` before and after: bytes on disk and in files, files; and the packages that are new.
 */
export async function addedSize(tarball) {
  const directory = mkdtempSync(join(tmpdir(), 'size-'));
  const project = join(directory, 'project');
  const npm = (args, cwd = project) => run('npm', args, { cwd });
  const install = (what) => npm(['install', '--save-dev', '--no-audit', '--no-fund', what]);
  try {
    mkdirSync(project);
    await npm(['init', '-y']);
    await install('jest');
    const [before, known] = [sizeOf(join(project, 'node_modules')), packagesIn(project)];
    if (tarball === undefined) {
      await npm(['pack', '--pack-destination', directory], repository);
      tarball = join(
        directory,
        readdirSync(directory).find((name) => name.endsWith('.tgz')),
      );
    }
    await install(tarball);
    const packages = [...packagesIn(project)].filter(([path]) => !known.has(path)).map(([, own]) => own);
    return { before, after: sizeOf(join(project, 'node_modules')), packages };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The packages below a folder, each without those in it, by their paths. */
function packagesIn(project) {
  const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
  return new Map(
    Object.keys(lock.packages).map((path) => [
      path,
      { name: path.split('node_modules/').at(-1), ...sizeOf(join(project, path), ['node_modules']) },
    ]),
  );
}

/** Bytes that the files and folders occupy on disk, as `du` counts them; bytes in files; the number of files. */
function sizeOf(directory, except = []) {
  const total = { disk: lstatSync(directory).blocks * 512, content: 0, files: 0 };
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (except.includes(entry.name)) continue;
    const { blocks, size } = lstatSync(path);
    const part = entry.isDirectory() ? sizeOf(path) : { disk: blocks * 512, content: size, files: 1 };
    for (const key of Object.keys(total)) total[key] += part[key];
  }
  return total;
}
