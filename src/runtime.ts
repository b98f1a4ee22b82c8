import { pauseEndpoint, sharePauses } from './answers/endpoint-gate';
import { installMatchers } from './evals/matchers';
import { nameInProject } from './pattern/name-in-project';
import { sessionClientKey, type SessionClient } from './pattern/session-client';
import { jestGlobals } from './pattern/blocks/jest-globals';
import { sessionMissing } from './pattern/blocks/session-missing';
import { activeHandles } from './pattern/resource-handle';
import { installRuntime, type Runtime } from './pattern/runtime';
import type { FileRecordings } from './recordings/file-recordings';
import { testMark } from './tap/call-recording';
import type { FileTap } from './tap/tap';
import { currentCaller } from './pattern/model-calls';
import { ProviderRegistry, type ProviderMap } from './pattern/registry';
import { builtInProviders } from './providers/built-in';
import { ended, refusalAnswer } from './tap/refusal';

/**
 * Connects the pattern with where it runs: inside Jest with the session client that the environment has put
 * on the global object, outside Jest with a session in the same process, which is opened at the first lease.
 */
class PresentRuntime implements Runtime {
  #registry: Promise<ProviderRegistry> | undefined;
  #script: SessionClient | undefined;

  session(): SessionClient {
    const client = (globalThis as { [sessionClientKey]?: SessionClient })[sessionClientKey];
    if (client !== undefined) return client;
    if (process.env['JEST_WORKER_ID'] !== undefined) throw sessionMissing();
    this.#script ??= this.#openScriptClient();
    return this.#script;
  }

  tap(): FileTap | undefined {
    const { tapEndpoint } = this.session();
    if (tapEndpoint === undefined) return undefined;
    return oneOfFile('tap', () => {
      // Loaded when it is needed: most specs have no application under test.
      const { FileTap: Loaded } = require('./tap/tap') as typeof import('./tap/tap');
      return new Loaded(tapEndpoint, activeHandles);
    });
  }

  recordings(): FileRecordings | undefined {
    const session = this.session();
    const rules = session.evals?.recordings ?? { mode: 'off', ignore: [] };
    if (rules.mode === 'off' || session.tapEndpoint === undefined) return undefined;
    return oneOfFile('recordings', () => {
      // Loaded when it is needed, as the tap is.
      const { FileRecordings: Loaded } =
        require('./recordings/file-recordings') as typeof import('./recordings/file-recordings');
      const recordings = new Loaded(rules, {
        file: () => jestGlobals().expect.getState().testPath ?? '',
        test: () => nameInProject(session.project, session.test),
      });
      session.noticeRecordings(() => recordings.use);
      return recordings;
    });
  }

  /** Names the test whose code is running, where anybody wants to know it. */
  testMark(): string | undefined {
    const test = this.recordings()?.test;
    return test === undefined ? undefined : testMark(test);
  }

  registry(): Promise<ProviderRegistry> {
    this.#registry ??= this.#load();
    return this.#registry;
  }

  async #load(): Promise<ProviderRegistry> {
    const { providerModule } = this.session();
    return new ProviderRegistry(builtInProviders(), await ownProviders(providerModule));
  }

  #openScriptClient(): SessionClient {
    const { scriptClient } = require('./session/script-client') as typeof import('./session/script-client');
    const registry = new ProviderRegistry(builtInProviders());
    this.#registry = Promise.resolve(registry);
    return scriptClient(registry);
  }
}

/** What there is one of in a test file, also where `jest.resetModules()` has this package loaded again. */
function oneOfFile<T>(name: string, make: () => T): T {
  const key = Symbol.for(`jest-model-provider.${name}`);
  return ((globalThis as { [key: symbol]: unknown })[key] ??= make()) as T;
}

// Loaded when it is needed, as the session of a script is: a spec must not load process code.
async function ownProviders(path: string | undefined): Promise<ProviderMap> {
  if (path === undefined) return {};
  const { loadProviderModule, providersOf } =
    require('./provider-module/load') as typeof import('./provider-module/load');
  return providersOf(await loadProviderModule(path), path);
}

/** The function of this package that the spec has called in the shape of a mock, if there is one. */
function mockedCall(): string | undefined {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- gives the mock, if there is one
  const entry = require('./index') as Record<string, { readonly mock?: { readonly calls: unknown[] } }>;
  return ['foreach', 'withClient', 'withClients'].find((name) => entry[name]?.mock?.calls.length);
}

const runtime = new PresentRuntime();
installRuntime(runtime);
const client = (globalThis as { [sessionClientKey]?: SessionClient })[sessionClientKey];
if (client !== undefined) {
  client.noticeImport(mockedCall);
  sharePauses((pause) => client.pause(pause));
  client.onPause(pauseEndpoint);
  client.tapEndpoint?.serve({
    answer: async (request) => (await runtime.tap()?.answer(request)) ?? refusalAnswer(ended),
    caller: () => currentCaller()?.tapKey() ?? runtime.testMark(),
  });
  installMatchers();
}
