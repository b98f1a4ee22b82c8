import { messageOf } from '../../base/errors';
import { llamaServerCommand } from '../../providers/llama-server/command';
import { llamaServerVersion } from '../../providers/llama-server/identity';
import { vllmCommand } from '../../providers/vllm/command';
import { vllmVersion } from '../../providers/vllm/identity';
import { missing, ok, problem, type Finding } from './finding';

interface Engine {
  readonly name: string;
  /** The environment variable that names the engine's program. */
  readonly variable: string;
  readonly install: string;
  /** The program that the provider would run. */
  program(): string;
  version(program: string): Promise<string | undefined>;
}

/** The engines that serve real models. Each is found as its provider finds it. */
export function checkLlamaServer(): Promise<Finding> {
  return checkEngine({
    name: 'llama-server',
    variable: 'LLAMA_SERVER',
    install: 'Install llama.cpp, put its llama-server on PATH, or set LLAMA_SERVER to it.',
    program: () => llamaServerCommand(undefined),
    version: llamaServerVersion,
  });
}

export function checkVllm(): Promise<Finding> {
  return checkEngine({
    name: 'vllm',
    variable: 'VLLM_COMMAND',
    install:
      'Install vLLM, put its vllm on PATH, or set VLLM_COMMAND to it or to the python of its environment.',
    program: () => vllmCommand(undefined).program,
    version: vllmVersion,
  });
}

async function checkEngine(engine: Engine): Promise<Finding> {
  const { name, variable, install } = engine;
  let path: string;
  try {
    path = engine.program();
  } catch (error) {
    if ((process.env[variable] ?? '') === '') return missing(name, 'is not on PATH', install);
    const why = /cannot be started: (.*?)\. /.exec(messageOf(error))?.[1] ?? messageOf(error);
    return problem(name, `${variable} names a program that cannot be started: ${why}`, install);
  }
  const version = await engine.version(path);
  if (version !== undefined) return ok(name, `${version} at ${path}`);
  return problem(name, `${path} does not say its version`, `Run it by hand: ${path} --version`);
}
