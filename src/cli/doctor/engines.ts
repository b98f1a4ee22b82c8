import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../pattern/errors';
import { findCommand } from '../../process/find-command';
import { missing, ok, problem, type Finding } from './finding';

interface Engine {
  readonly name: string;
  /** The variable that names its program. */
  readonly variable: string;
  readonly program: string;
  readonly install: string;
  readonly version: (path: string) => Promise<string>;
}

const versionLimitMs = 30_000;

/** The engines that serve real models. */
export function checkLlamaServer(): Promise<Finding> {
  return checkEngine({
    name: 'llama-server',
    variable: 'LLAMA_SERVER',
    program: 'llama-server',
    install: 'Install llama.cpp, put its llama-server on PATH, or set LLAMA_SERVER to it.',
    version: async (path) => /^version: (.*)$/m.exec(await outputOf(path, ['--version']))?.[1] ?? '',
  });
}

export function checkVllm(): Promise<Finding> {
  return checkEngine({
    name: 'vllm',
    variable: 'VLLM_COMMAND',
    program: 'vllm',
    install:
      'Install vLLM, put its vllm on PATH, or set VLLM_COMMAND to it or to the python of its environment.',
    version: vllmVersion,
  });
}

async function checkEngine({ name, variable, program, install, version }: Engine): Promise<Finding> {
  const wished = process.env[variable] ?? '';
  let path: string;
  try {
    path = findCommand(wished || program);
  } catch (error) {
    const why = messageOf(error).replace(/^Command "(.*)" cannot be started: /, '"$1": ');
    if (wished === '') return missing(name, 'is not on PATH', install);
    return problem(name, `${variable} names a program that cannot be started, ${why}`, install);
  }
  try {
    const found = await version(path);
    if (found !== '') return ok(name, `${found} at ${path}`);
  } catch {
    // Told below.
  }
  return problem(name, `${path} does not say its version`, `Run it by hand: ${path} --version`);
}

/** As its package says it: `vllm --version` loads all of vLLM, which takes half a minute. */
async function vllmVersion(path: string): Promise<string> {
  const python = isPython(path) ? path : /^#!(\/\S+)/.exec(readFileSync(path, 'utf8').slice(0, 512))?.[1];
  if (python === undefined || !isPython(python)) return outputOf(path, ['--version']);
  return outputOf(python, ['-c', 'from importlib.metadata import version; print(version("vllm"))']);
}

function isPython(path: string): boolean {
  return /^python[\d.]*$/.test(basename(path));
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: versionLimitMs });
  return `${stdout}${stderr}`.trim();
}
