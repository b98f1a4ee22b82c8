// A spec, a setup file or a configuration may replace its own before this package is loaded, by fake timers or a
// mock of `fetch`; a page of jsdom lacks most of these, and has an AbortSignal and a URL that are not Node's. Where
// Jest itself runs they stay as they are.
const real = process.getBuiltinModule('node:vm').runInThisContext('globalThis') as typeof globalThis;

export const { fetch, AbortController, AbortSignal, Date, Headers, ReadableStream, Request, Response } = real;
export const { TextDecoder, TextEncoder, URL } = real;

// The types of the same names.
export type AbortSignal = globalThis.AbortSignal;
export type URL = globalThis.URL;
export type Response = globalThis.Response;
export type ReadableStream<Chunk> = globalThis.ReadableStream<Chunk>;

/** Whether Node's own objects are those of this realm: a page, such as jsdom's, has others, or none. */
export const isNodeRealm = globalThis.AbortController === AbortController;

// eslint-disable-next-line @typescript-eslint/unbound-method -- it needs no `this`
export const { now: currentTime } = Date;

/** Finds modules as Node does. That of a spec does as Jest is configured. */
export const { createRequire } = real.process.getBuiltinModule('node:module');
