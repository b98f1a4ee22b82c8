// Compiles src/ and preset/ to dist/. What has not changed since the last build is not compiled again; what
// an earlier layout has left in dist/ is deleted. Of the declarations only those are published that the entries of
// the package reach: those of inner files are for our own tests, and each would take a block of a user's disk.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

const require = createRequire(import.meta.url);
const output = 'dist';
const sources = ['src', 'preset'];
// What decides how every file is compiled: after a change of it all are compiled anew.
const settings = [
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
  'node_modules/.package-lock.json',
  'scripts/build.mjs',
];
// Not below dist/, which is published.
const cache = '.cache/build';
const buildInfo = join(cache, 'tsconfig.tsbuildinfo');
const lastBuild = join(cache, 'last.json');

const last = readLast();
const now = { settings: hash(settings), sources: hash(sources), output: hash([output]) };
if (Object.keys(now).some((part) => now[part] !== last[part])) {
  // While it is under way there is none to build upon.
  rmSync(lastBuild, { force: true });
  if (now.settings !== last.settings || now.output !== last.output) {
    for (const path of [output, cache]) rmSync(path, { recursive: true, force: true });
  }
  mkdirSync(cache, { recursive: true });
  const code = compile();
  for (const path of entriesBelow(output))
    if (!hasSource(path)) rmSync(path, { recursive: true, force: true });
  if (code === 0) writeFileSync(join(output, '.npmignore'), unpublished());
  // After errors only what depends on the files that have them is compiled again: the compiler keeps them in
  // mind.
  const done = {
    settings: now.settings,
    output: hash([output]),
    ...(code === 0 && { sources: now.sources }),
  };
  writeFileSync(lastBuild, JSON.stringify(done));
  process.exitCode = code;
}

/** Returns the compiler's exit code. Throws if it was stopped. */
function compile() {
  const tsc = require.resolve('typescript/bin/tsc');
  const incremental = ['--incremental', '--tsBuildInfoFile', buildInfo];
  const args = [tsc, '-p', 'tsconfig.build.json', ...incremental];
  const { status, signal, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status === null) throw error ?? new Error(`tsc was ended by ${signal}`);
  return status;
}

/** What npm leaves out of the package: all declarations but those that its entries reach. */
function unpublished() {
  const ts = require('typescript');
  const reached = new Set(
    Object.values(JSON.parse(readFileSync('package.json', 'utf8')).exports).flatMap(({ types }) =>
      types === undefined ? [] : [relative(output, types)],
    ),
  );
  // A set also gives what is added meanwhile.
  for (const file of reached)
    for (const { fileName } of ts.preProcessFile(readFileSync(join(output, file), 'utf8')).importedFiles)
      if (fileName.startsWith('.')) reached.add(`${join(dirname(file), fileName)}.d.ts`);
  return ['*.d.ts', ...[...reached].sort().map((file) => `!/${file}`), ''].join('\n');
}

/** Whether a file or a folder of dist/ comes from one of the repository. */
function hasSource(path) {
  return existsSync(path.slice(output.length + 1).replace(/(\.d\.ts|\.js)$/, '.ts'));
}

function readLast() {
  try {
    return JSON.parse(readFileSync(lastBuild, 'utf8'));
  } catch {
    // There was no build yet, or the last one was stopped.
    return {};
  }
}

/** Of the names and contents of files, and of all files below folders. */
function hash(paths) {
  const digest = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    const content = readFileSync(path);
    digest.update(`${path}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
}

/** The files below a folder, a file itself, or none if there is neither. */
function filesBelow(path) {
  return [path, ...entriesBelow(path)].filter((entry) =>
    statSync(entry, { throwIfNoEntry: false })?.isFile(),
  );
}

/** The files and folders below a folder, in the order of their names. */
function entriesBelow(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(path, { recursive: true })
    .sort()
    .map((name) => join(path, name));
}
