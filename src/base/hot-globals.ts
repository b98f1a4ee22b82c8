/**
 * The globals that every sample needs, as constants. In the realm of a spec each use of a global is a lookup
 * in the sandbox, which takes up to a microsecond: for a quick sample those lookups were most of the cost.
 * https://jestjs.io/docs/configuration#sandboxinjectedglobals-arraystring
 */
export const { isArray } = Array;
export const { fromEntries, getPrototypeOf, is } = Object;
export const { stringify } = JSON;
export const { round } = Math;
export const { isFinite } = Number;
export const OwnPromise = Promise;
