// A spec, a setup file or a configuration may replace its own before this package is loaded, by fake timers or a
// mock of `fetch`. Where Jest itself runs they stay as they are.
const { fetch, Date } = process
  .getBuiltinModule('node:vm')
  .runInThisContext('globalThis') as typeof globalThis;

export { fetch };
// eslint-disable-next-line @typescript-eslint/unbound-method -- it needs no `this`
export const { now: currentTime } = Date;
