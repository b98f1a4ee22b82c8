import { basename } from 'node:path';
import { findCommand } from '../../process/find-command';

/** A way to run vLLM: a program, and the arguments before all others. */
export interface VllmCommand {
  readonly program: string;
  /** Comes before the arguments of the server; the name of the model follows. */
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
