import path from 'node:path';
import { parseArgs } from 'node:util';
import { ModelProviderError } from '../../../base/errors';

/** The options of the server process. */
export interface CommandLine {
  readonly model: string;
  readonly aliases: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly parallel: number;
}

export const usage = `usage: main.js --model FILE [options]

Serves a small Llama GGUF model by the OpenAI-compatible HTTP API.

  --model FILE          the GGUF file
  --alias NAME[,NAME…]  names to serve it under (default: the file's name without .gguf)
  --host HOST           address to listen on (default: 127.0.0.1)
  --port PORT           0 to 65535; 0 takes a free port (default: 8080)
  --parallel N          requests that generate at once, 1 to 64 (default: 4)
  --help                prints this text

The environment variable EMBEDDED_API_KEY sets the key that clients have to send as a bearer token.
`;

/**
 * Reads the command line, without the program's own name.
 *
 * @returns 'help' when the usage text was asked for
 * @throws `CONFIG_INVALID` for an unknown flag, a missing or an invalid value
 */
export function parseCommandLine(args: readonly string[]): CommandLine | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  if (values.model === undefined || values.model === '')
    throw invalid('--model is missing: give it a GGUF file');
  const aliases = (values.alias ?? path.basename(values.model, '.gguf')).split(',');
  if (aliases.includes('')) throw invalid('--alias holds an empty name');
  if (values.host === '') throw invalid('--host is empty');
  return {
    model: values.model,
    aliases,
    host: values.host ?? '127.0.0.1',
    port: integer('--port', values.port ?? '8080', 0, 65_535),
    parallel: integer('--parallel', values.parallel ?? '4', 1, 64),
  };
}

/**
 * The API key from the environment; undefined if clients need none.
 *
 * @throws `CONFIG_INVALID` when it is set but empty: that is more likely a mistake than the wish to serve
 *   everyone
 */
export function readApiKey(environment: NodeJS.ProcessEnv): string | undefined {
  const key = environment['EMBEDDED_API_KEY'];
  if (key === '') throw invalid('EMBEDDED_API_KEY is empty: unset it, or give it a value');
  return key;
}

interface Flags {
  model?: string;
  alias?: string;
  host?: string;
  port?: string;
  parallel?: string;
  help?: boolean;
}

function parse(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const options = {
    model: text,
    alias: text,
    host: text,
    port: text,
    parallel: text,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function integer(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw invalid(`${flag} has to be an integer from ${min} to ${max}, not '${text}'`);
}

function invalid(problem: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', problem);
}
