import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  ModelProvider,
  type ClientContext,
  type ProviderConstraints,
  type ResourceContext,
  type ServerProcess,
} from 'jest-model-provider';

/** How any process reaches a search server. It must be JSON. */
export type SearchConnection = { baseURL: string };

/** What specs use. */
export class SearchClient {
  readonly #baseURL: string;
  readonly #signal: AbortSignal;

  constructor({ baseURL }: SearchConnection, { signal }: ClientContext) {
    this.#baseURL = baseURL;
    this.#signal = signal;
  }

  async add(text: string): Promise<void> {
    await fetch(this.#baseURL, { method: 'POST', body: text, signal: this.#signal });
  }

  async search(words: string): Promise<string[]> {
    const url = `${this.#baseURL}?q=${encodeURIComponent(words)}`;
    return (await (await fetch(url, { signal: this.#signal })).json()) as string[];
  }
}

/** `search:people` is a search server over the lines of `people.txt`. */
export class SearchProvider extends ModelProvider<SearchClient, SearchConnection> {
  readonly constraints: ProviderConstraints = {
    maxLive: 2,
    sharing: 'perLease',
    retain: 'lease',
    startTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
  };

  // Session half: runs once per resource, in Jest's main process.
  async createResource(
    name: string,
    _config: undefined,
    context: ResourceContext,
  ): Promise<SearchConnection> {
    const file = join(__dirname, `${name}.txt`);
    if (!existsSync(file)) throw new Error(`there is no collection ${file}`);
    const server = await context.launch({
      command: process.execPath,
      args: [join(__dirname, 'search-server.js'), file],
    });
    context.progress('waiting for its address');
    return { baseURL: await printedAddress(server, context.signal) };
  }

  // Spec half: runs in every test file that leases the resource.
  createClient(connection: SearchConnection, context: ClientContext): SearchClient {
    return new SearchClient(connection, context);
  }
}

/** The server takes a port that is free and prints its address once it listens. */
async function printedAddress(server: ServerProcess, signal: AbortSignal): Promise<string> {
  for (;;) {
    const address = /^listening on (\S+)$/m.exec(server.logTail().join('\n'))?.[1];
    if (address !== undefined) return address;
    if (server.exit !== undefined) throw new Error(`the search server ended: ${server.logTail().join('\n')}`);
    await setTimeout(20, undefined, { signal });
  }
}
