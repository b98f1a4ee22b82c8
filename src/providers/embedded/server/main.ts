import { isModelProviderError, messageOf } from '../../../base/errors';
import { parseCommandLine, readApiKey, usage, type CommandLine } from './command-line';
import { loadEngine } from '../generation/engine';
import { EmbeddedServer } from './server';

/**
 * The entry of the embedded server's process. It binds its port before it loads the model, so that no other
 * process can take the port meanwhile. Logs go to stderr.
 *
 * Exit codes: 0 after SIGTERM, SIGINT or `--help`; 1 when the port or the model file is unusable; 2 for an
 * invalid flag.
 */
async function main(): Promise<void> {
  let command: CommandLine | 'help';
  let apiKey: string | undefined;
  try {
    command = parseCommandLine(process.argv.slice(2));
    apiKey = readApiKey(process.env);
  } catch (error) {
    fail(2, `error: ${messageOf(error)}\n\n${usage}`);
    return;
  }
  if (command === 'help') {
    process.stdout.write(usage);
    return;
  }
  await serve(command, apiKey);
}

async function serve(command: CommandLine, apiKey: string | undefined): Promise<void> {
  const { model, aliases, host, port, parallel } = command;
  const server = new EmbeddedServer({ aliases, apiKey, parallel, log });
  const stop = (): void => void server.close().finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);

  try {
    const bound = await server.listen(host, port);
    log(`listening on http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
  } catch (error) {
    fail(1, `couldn't bind HTTP server socket, hostname: ${host}, port: ${port}\n${messageOf(error)}\n`);
    return;
  }

  const started = performance.now();
  log(`loading ${model}`);
  try {
    server.ready(await loadEngine(model));
    log(`ready in ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    fail(1, `${isModelProviderError(error) ? '' : 'failed to load the model: '}${messageOf(error)}\n`);
    await server.close();
  }
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(exitCode: number, text: string): void {
  process.stderr.write(text);
  process.exitCode = exitCode;
}

// The reader of the log may end first. The server goes on.
process.stderr.on('error', () => undefined);
void main();
