import { jestGlobals } from '../pattern/blocks/jest-globals';
import type { Json } from '../base/json';
import type { ModelProvider } from '../pattern/model-provider';
import { ContractBench, type ContractOptions } from './contract-bench';
import { contractRules } from './contract-rules';

const ruleLimitMs = 120_000;

/**
 * Registers a describe block that holds a provider to the pattern: each rule runs on a fresh provider in a
 * session of its own, with `retain: 'lease'`, and looks at the resource itself through `options.isAlive`.
 *
 * Needs this package's environment. The session half runs in the test's own realm here, so everything that it
 * imports must be loadable by `require`; run Jest with `NODE_OPTIONS=--experimental-vm-modules` if it, or a
 * package that it loads, calls `import()`. This package calls none there.
 *
 * @param factory makes a new provider; called once or twice per rule.
 * @example
 * describeProviderContract('GreeterProvider', () => new GreeterProvider(), {
 *   name: 'Ada',
 *   failing: { name: '' },
 *   isAlive: ({ port }) => canConnect(port),
 *   use: (client) => client.greet(),
 * });
 */
export function describeProviderContract<Client, Connection extends Json, Config extends Json>(
  name: string,
  factory: () => ModelProvider<Client, Connection, Config>,
  options: ContractOptions<Client, Connection, Config>,
): void {
  const { describe, test } = jestGlobals();
  describe(`${name} keeps the model provider contract`, () => {
    for (const rule of contractRules) {
      test(rule.title, () => ContractBench.run(factory, options, (bench) => rule.check(bench)), ruleLimitMs);
    }
  });
}
