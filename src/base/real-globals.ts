// A spec, a setup file or a configuration may replace its own before this package is loaded, by fake timers or a
// mock of `fetch`. Where Jest itself runs they stay as they are.
const { fetch, Date, process } = globalThis.process
  .getBuiltinModule('node:vm')
  .runInThisContext('globalThis') as typeof globalThis;

export { fetch };
// eslint-disable-next-line @typescript-eslint/unbound-method -- it needs no `this`
export const { now: currentTime } = Date;
/** Finds modules as Node does. That of a spec does as Jest is configured. */
export const { createRequire } = process.getBuiltinModule('node:module');
