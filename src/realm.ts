import { ModelProviderError } from './pattern/errors';
import { hostKey, type Host } from './pattern/host';
import { installRealm, type Realm } from './pattern/realm';
import { ProviderRegistry, type ProviderMap } from './pattern/registry';
import { builtInProviders } from './providers/built-in';
import { loadProviderModule, providersOf } from './session/provider-module';

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
    const own: ProviderMap =
      providerModule === undefined
        ? {}
        : providersOf(await loadProviderModule(providerModule), providerModule);
    return new ProviderRegistry(builtInProviders(), own);
  }

  #openScriptHost(): Host {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a spec must not load process code
    const { scriptHost } = require('./session/script-host') as typeof import('./session/script-host');
    const registry = new ProviderRegistry(builtInProviders());
    this.#registry = Promise.resolve(registry);
    return scriptHost(registry);
  }
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
