const { once } = require('node:events');
const { connect } = require('node:net');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { setTimeout } = require('node:timers/promises');
const { defineProviders, ModelProvider } = require('jest-model-provider');

/** The programs, by the name in a spec: `stdio:echo`. */
const programs = { echo: [process.execPath, join(__dirname, 'echo-server.js')] };

/** Speaks JSON-RPC, one message a line, as MCP servers do. */
class StdioClient {
  #socket;
  #signal;
  #pending = new Map();
  #calls = 0;

  constructor(socket, signal) {
    this.#socket = socket;
    this.#signal = signal;
    createInterface(socket).on('line', (line) => this.#answer(JSON.parse(line)));
    // A program that ends takes the resource with it; then the signal says why.
    socket.on('error', () => undefined);
    signal.addEventListener('abort', () => {
      for (const { reject } of this.#pending.values()) reject(signal.reason);
    });
  }

  call(method, params) {
    this.#signal.throwIfAborted();
    const id = (this.#calls += 1);
    this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.destroy();
  }

  #answer({ id, result, error }) {
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error.message));
  }
}

class StdioProvider extends ModelProvider {
  isModel = false;
  constraints = {
    maxLive: 4,
    sharing: 'perLease',
    retain: 'lease',
    startTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
  };

  async createResource(name, _config, context) {
    if (programs[name] === undefined) throw new Error(`there is no program "${name}"`);
    // A private directory: nobody else can connect.
    const socketPath = join(context.serverDirectory(), 'socket');
    const bridge = await context.launch({
      command: process.execPath,
      args: [join(__dirname, 'stdio-bridge.js'), socketPath, ...programs[name]],
    });
    while (!bridge.logTail().includes('listening')) {
      if (bridge.exit !== undefined) throw new Error(bridge.logTail().join('\n'));
      await setTimeout(20, undefined, { signal: context.signal });
    }
    return { socketPath };
  }

  async createClient({ socketPath }, { signal }) {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    return new StdioClient(socket, signal);
  }

  disposeClient(client) {
    client.close();
  }
}

module.exports = defineProviders({ stdio: new StdioProvider() });
