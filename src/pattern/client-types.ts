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

type ClientOfProvider<Provider> =
  Provider extends ModelProvider<infer Client, infer _Connection, infer _Config> ? Client : unknown;

type ClientOfPrefix<Prefix extends string> = Prefix extends keyof RegisteredProviders
  ? ClientOfProvider<RegisteredProviders[Prefix]>
  : Prefix extends keyof BuiltInClients
    ? BuiltInClients[Prefix]
    : unknown;

/** The connections of the built-in providers, by prefix. Each provider adds its entry by augmentation. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- each provider adds its own entry
export interface BuiltInConnections {}

/** The client type of a resource spec: its prefix decides. */
export type ClientOf<Spec extends string> = Spec extends `${infer Prefix}:${string}`
  ? ClientOfPrefix<Prefix>
  : unknown;

type ConnectionOfProvider<Provider> =
  Provider extends ModelProvider<infer _Client, infer Connection, infer _Config> ? Connection : unknown;

type ConnectionOfPrefix<Prefix extends string> = Prefix extends keyof RegisteredProviders
  ? ConnectionOfProvider<RegisteredProviders[Prefix]>
  : Prefix extends keyof BuiltInConnections
    ? BuiltInConnections[Prefix]
    : unknown;

/** The type of `handle.connection` for a resource spec: its prefix decides. */
export type ConnectionOf<Spec extends string> = Spec extends `${infer Prefix}:${string}`
  ? ConnectionOfPrefix<Prefix>
  : unknown;

/** Specs of the known prefixes, for completion in the editor; any other `provider:name` is accepted too. */
export type KnownSpec = `${Extract<keyof BuiltInClients | keyof RegisteredProviders, string>}:${string}`;
