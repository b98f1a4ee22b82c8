import type { ClientOf, ConnectionOf } from '../client-types';
import { LeasedResource } from './leased-resource';
import { parseNamedSpecs } from './named-specs';
import { currentRuntime } from '../runtime';
import { checkCall, registerBlock, type WithClientOptions } from './register-block';
import type { ResourceHandle } from '../resource-handle';
import type { ModelInput, ResourceRequest } from '../resource-spec';

/** What {@link withClients} takes: a spec, or `{ spec, config, label }`, under each name. */
export type NamedSpecs = Readonly<Record<string, ModelInput>>;

type SpecOf<Input> = Input extends ResourceRequest<infer Spec> ? Spec : Input extends string ? Input : never;

/** The handles of {@link withClients}: each has the name of its spec and the client type of its prefix. */
export type NamedHandles<Specs extends NamedSpecs> = {
  readonly [Name in keyof Specs]: ResourceHandle<
    ClientOf<SpecOf<Specs[Name]>>,
    ConnectionOf<SpecOf<Specs[Name]>>
  >;
};

/**
 * Runs a block of tests with several resources at once. Like {@link withClient} it is a `describe` whose
 * `beforeAll` sets all of them up and whose `afterAll` tears them down, the last one first. If one cannot be
 * set up, the others are given back. `fn` runs while Jest collects the tests: it may destructure the handles,
 * but must read `client` inside tests and hooks only, and return nothing.
 *
 * The titles are the labels, in nested `describe`s in the order of the names. An evaluation inside evaluates
 * the resource called `model` or, without that name, the model of the block around this one; the other
 * resources are what it works with. `EVALS_MODELS` skips blocks whose `model` it does not name.
 *
 * Blocks that want the same resources in another order do not deadlock: the order of setups does not depend
 * on the names.
 *
 * @throws ModelProviderError `MODELS_INVALID`, `SPEC_INVALID`, `PROVIDER_UNKNOWN`, `SESSION_MISSING`.
 * @example
 * withClients({ model: 'embedded:expert', judge: 'openai:gpt-4o-mini' }, ({ model, judge }) => {
 *   test('answers to the satisfaction of the judge', async () => {
 *     const { text } = await model.client.generate('What is 2 + 3?');
 *     expect((await judge.client.generate(`Is 2 + 3 = ${text}? Say yes or no.`)).text).toMatch(/yes/i);
 *   });
 * });
 */
export function withClients<const Specs extends NamedSpecs>(
  specs: Specs,
  fn: (handles: NamedHandles<Specs>) => void,
): void;
export function withClients<const Specs extends NamedSpecs>(
  specs: Specs,
  options: WithClientOptions,
  fn: (handles: NamedHandles<Specs>) => void,
): void;
export function withClients<Specs extends NamedSpecs>(
  specs: Specs,
  ...rest:
    [(handles: NamedHandles<Specs>) => void] | [WithClientOptions, (handles: NamedHandles<Specs>) => void]
): void {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  const scope = checkCall('withClients', options, fn);
  const named = parseNamedSpecs(specs, currentRuntime().session().providerNames).map(
    ([name, request]) => [name, new LeasedResource(request, name)] as const,
  );
  const handles = Object.fromEntries(named.map(([name, { handle }]) => [name, handle]));
  const resources = named.map(([, resource]) => resource);
  const body = (): unknown => fn(handles as NamedHandles<Specs>);
  registerBlock({ caller: 'withClients', resources, scope, body });
}
