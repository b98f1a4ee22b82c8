import type { ProviderConstraints } from '../pattern/constraints';
import { ModelProviderError } from '../base/errors';
import { ModelProvider } from '../pattern/model-provider';
import { reportCall } from '../pattern/model-calls';
import type { ClientContext } from '../pattern/resource-context';

/** How a fake model behaves. */
export interface FakeProviderOptions {
  /** The answer to a prompt; by default the prompt itself. */
  readonly reply?: (prompt: string, model: string) => string | Promise<string>;
  /** Makes the setup of a model fail with this message. */
  readonly failSetup?: (model: string) => string | undefined;
  /** Limits that differ from the defaults: no limit of live models, shared, kept for the lease. */
  readonly constraints?: Partial<ProviderConstraints>;
}

/** One answer of a fake model. */
export interface FakeGeneration {
  readonly text: string;
  readonly model: string;
}

/** The client of a fake model. It answers without any server, and records its prompts. */
export interface FakeClient {
  readonly model: string;
  /** Every prompt so far, oldest first. */
  readonly prompts: readonly string[];
  generate(prompt: string): Promise<FakeGeneration>;
}

/**
 * A provider without servers, for unit tests of code that uses models. Leases, limits and errors are real;
 * you give the answers.
 *
 * @example
 * export default defineProviders({ fake: fakeProvider({ reply: (prompt) => prompt.toUpperCase() }) });
 */
export function fakeProvider(
  options: FakeProviderOptions = {},
): ModelProvider<FakeClient, { model: string }, never> {
  return new FakeProvider(options);
}

class FakeProvider extends ModelProvider<FakeClient, { model: string }, never> {
  readonly constraints: ProviderConstraints;
  readonly #options: FakeProviderOptions;

  constructor(options: FakeProviderOptions) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: Infinity,
      sharing: 'shared',
      retain: 'lease',
      startTimeoutMs: 5000,
      stopTimeoutMs: 5000,
      ...options.constraints,
    };
  }

  createResource(model: string): Promise<{ model: string }> {
    const failure = this.#options.failSetup?.(model);
    if (failure !== undefined) return Promise.reject(new ModelProviderError('SETUP_FAILED', failure));
    return Promise.resolve({ model });
  }

  createClient({ model }: { model: string }, context: ClientContext): FakeClient {
    const prompts: string[] = [];
    const { reply = (prompt: string) => prompt } = this.#options;
    return {
      model,
      prompts,
      generate: async (prompt) => {
        context.signal.throwIfAborted();
        prompts.push(prompt);
        const start = performance.now();
        const text = await reply(prompt, model);
        reportCall(context, { ms: performance.now() - start, finishReason: 'stop', isEmpty: text === '' });
        return { text, model };
      },
    };
  }
}
