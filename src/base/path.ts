// Not by import: a spec may have mocked it.
// eslint-disable-next-line @typescript-eslint/unbound-method -- they need no `this`
export const { basename, dirname, isAbsolute, join, relative, resolve, sep } =
  process.getBuiltinModule('node:path');
