import { findCommand } from '../../process/os/find-command';

/** @throws ModelProviderError `COMMAND_NOT_FOUND`. */
export function llamaServerCommand(command: string | undefined): string {
  return findCommand(
    command ?? (process.env['LLAMA_SERVER'] || 'llama-server'),
    'Install llama.cpp, set LLAMA_SERVER to its llama-server, or give new LlamaServerProvider({ command }).',
  );
}
