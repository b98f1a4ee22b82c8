import { basename } from 'node:path';
import { findCommand } from '../../process/os/find-command';

/** How to run vLLM: a program, and its first arguments. */
export interface VllmCommand {
  readonly program: string;
  /** The arguments before those of the server; the name of the model follows them. */
  readonly serve: readonly string[];
}

/** @throws ModelProviderError `COMMAND_NOT_FOUND`. */
export function vllmCommand(command: string | undefined): VllmCommand {
  const program = findCommand(
    command ?? (process.env['VLLM_COMMAND'] || 'vllm'),
    'Install vLLM, set VLLM_COMMAND to its vllm or to the python of its environment, or give new VLLMProvider({ command }).',
  );
  return isPython(program)
    ? { program, serve: ['-m', 'vllm.entrypoints.openai.api_server', '--model'] }
    : { program, serve: ['serve'] };
}

export function isPython(program: string): boolean {
  return /^python[\d.]*$/.test(basename(program));
}
