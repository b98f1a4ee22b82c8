/**
 * The globals that every sample needs, as constants: in the realm of a spec the sandbox looks a global up at each use, which takes up to a
 * microsecond, and so made up most of what a quick sample cost. https://jestjs.io/docs/configuration#sandboxinjectedglobals-arraystring
 */
export const { isArray } = Array;
export const { fromEntries } = Object;
export const { stringify } = JSON;
export const { round } = Math;
export const { now: currentTime } = Date;
export const { isFinite } = Number;
export const OwnPromise = Promise;
