import { installMatchers } from './evals/matchers';
import { ModelProviderError } from './pattern/errors';
import { hostKey, type Host } from './pattern/host';
import { installRealm, type Realm } from './pattern/realm';
import { ProviderRegistry, type ProviderMap } from './pattern/registry';
import { builtInProviders } from './providers/built-in';

/**
 * Wires the pattern to the realm it runs in: to the host that a Jest environment put on the global object, or, outside Jest,
 * to a session in this very process, opened at the first lease.
 */
class PresentRealm implements Realm {
  #registry: Promise<ProviderRegistry> | undefined;
  #script: Host | undefined;

  host(): Host {
    const host = (globalThis as { [hostKey]?: Host })[hostKey];
    if (host !== undefined) return host;
    if (process.env['JEST_WORKER_ID'] !== undefined) throw sessionMissing();
    this.#script ??= this.#openScriptHost();
    return this.#script;
  }

  registry(): Promise<ProviderRegistry> {
    this.#registry ??= this.#load();
    return this.#registry;
  }

  async #load(): Promise<ProviderRegistry> {
    const { providerModule } = this.host();
    return new ProviderRegistry(builtInProviders(), await ownProviders(providerModule));
  }

  #openScriptHost(): Host {
    const { scriptHost } = require('./session/script-host') as typeof import('./session/script-host');
    const registry = new ProviderRegistry(builtInProviders());
    this.#registry = Promise.resolve(registry);
    return scriptHost(registry);
  }
}

// Both this and the session of a script are loaded when they are needed: a spec must not load process code.
async function ownProviders(path: string | undefined): Promise<ProviderMap> {
  if (path === undefined) return {};
  const { loadProviderModule, providersOf } =
    require('./session/provider-module') as typeof import('./session/provider-module');
  return providersOf(await loadProviderModule(path), path);
}

function sessionMissing(): ModelProviderError {
  return new ModelProviderError(
    'SESSION_MISSING',
    [
      'This test file has no model provider session.',
      "What to do: put preset: 'jest-model-provider' into jest.config.js. If your config has its own testEnvironment, it must extend",
      "'jest-model-provider/environment'; if it has its own globalSetup and globalTeardown, they must call openSession(globalConfig, projectConfig)",
      "and closeSession(globalConfig) of 'jest-model-provider/session'.",
    ].join('\n'),
  );
}

installRealm(new PresentRealm());
const host = (globalThis as { [hostKey]?: Host })[hostKey];
if (host !== undefined) {
  host.noticeImport();
  installMatchers();
}
