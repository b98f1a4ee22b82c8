import type { ModelProvider } from './model-provider';

/** The clients of the built-in providers, by prefix. Each provider adds its entry by augmentation. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- each provider adds its own entry
export interface BuiltInClients {}

/**
 * Augment it with your own provider module, so that specs with your prefixes have typed clients.
 *
 * @example
 * declare module 'jest-model-provider' {
 *   interface Register { providers: typeof import('./model-providers').default }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- users augment it
export interface Register {}

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- users augment it
type RegisteredProviders = Register extends { providers: infer Providers } ? Providers : Record<never, never>;

/** What stands under the prefix of a resource spec: among what is one's own, else among what is built in. */
type EntryFor<Spec extends string, Own, BuiltIn> = Spec extends `${infer Prefix}:${string}`
  ? Prefix extends keyof Own
    ? Own[Prefix]
    : Prefix extends keyof BuiltIn
      ? BuiltIn[Prefix]
      : unknown
  : unknown;

type ClientOfProvider<Provider> =
  Provider extends ModelProvider<infer Client, infer _Connection, infer _Config> ? Client : unknown;

type OwnClients = {
  readonly [Prefix in keyof RegisteredProviders]: ClientOfProvider<RegisteredProviders[Prefix]>;
};

/** The client type of a resource spec: its prefix decides. */
export type ClientOf<Spec extends string> = EntryFor<Spec, OwnClients, BuiltInClients>;

/** The connections of the built-in providers, by prefix. Each provider adds its entry by augmentation. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- each provider adds its own entry
export interface BuiltInConnections {}

type ConnectionOfProvider<Provider> =
  Provider extends ModelProvider<infer _Client, infer Connection, infer _Config> ? Connection : unknown;

type OwnConnections = {
  readonly [Prefix in keyof RegisteredProviders]: ConnectionOfProvider<RegisteredProviders[Prefix]>;
};

/** The type of `handle.connection` for a resource spec: its prefix decides. */
export type ConnectionOf<Spec extends string> = EntryFor<Spec, OwnConnections, BuiltInConnections>;

/** Specs of the known prefixes, for completion in the editor; any other `provider:name` is accepted too. */
export type KnownSpec = `${Extract<keyof BuiltInClients | keyof RegisteredProviders, string>}:${string}`;
