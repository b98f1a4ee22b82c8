import { ModelProvider } from '../../src/pattern/model-provider';
import { brand, providerDefect } from '../../src/pattern/provider-defect';
import { OwnProvider } from './own-runtime';
import { loadInAnotherRealm } from './second-copy';

test('an instance of a provider has no defect, nor has one of a class that inherits from it', () => {
  class Derived extends OwnProvider {}
  expect(providerDefect(new OwnProvider())).toBeUndefined();
  expect(providerDefect(new Derived())).toBeUndefined();
});

test('a class instead of an instance is told to write `new`', () => {
  expect(providerDefect(OwnProvider)).toBe('it is a class, not an instance: write `new` before it');
});

test.each([
  ['null', null, 'it is null'],
  ['undefined', undefined, 'it is a undefined'],
  ['a text', 'llama', 'it is a string'],
  ['a number', 1, 'it is a number'],
])('%s is named as what it is', (_what, candidate, defect) => {
  expect(providerDefect(candidate)).toBe(defect);
});

test('an object that only looks like a provider does not inherit from ModelProvider', () => {
  const { constraints } = new OwnProvider();
  const lookalike = { constraints, createResource: () => ({}), createClient: () => ({}), setup: () => ({}) };
  expect(providerDefect(lookalike)).toBe('it does not inherit from ModelProvider');
  expect(providerDefect(Object.create(null))).toBe('it does not inherit from ModelProvider');
});

test.each(['setup', 'request', 'teardown', 'teardownAll'])(
  'a provider that overrides %s() is told where its work belongs',
  (method) => {
    const defect = `it overrides ${method}(), which is the same for every provider: put its work into createResource, destroyResource, createClient or disposeClient`;
    class Overriding extends OwnProvider {}
    Object.defineProperty(Overriding.prototype, method, { value: () => undefined });
    class Derived extends Overriding {}
    expect(providerDefect(new Overriding())).toBe(defect);
    expect(providerDefect(new Derived())).toBe(defect);
    expect(providerDefect(Object.assign(new OwnProvider(), { [method]: () => undefined }))).toBe(defect);
  },
);

test.each(['createResource', 'createClient'])('a provider without %s() is refused by it', (method) => {
  const provider = Object.assign(new OwnProvider(), { [method]: undefined });
  expect(providerDefect(provider)).toBe(`it has no ${method}() method`);
});

test('the brand alone makes no provider', () => {
  expect(providerDefect({ [brand]: true })).toBe('it has no createResource() method');
});

test('a provider of a second copy of the package is accepted', () => {
  let copy: typeof ModelProvider | undefined;
  let Copied: typeof OwnProvider | undefined;
  jest.isolateModules(() => {
    /* eslint-disable @typescript-eslint/no-require-imports -- a second copy cannot be imported */
    copy = (require('../../src/pattern/model-provider') as { ModelProvider: typeof ModelProvider })
      .ModelProvider;
    Copied = (require('./own-runtime') as { OwnProvider: typeof OwnProvider }).OwnProvider;
    /* eslint-enable @typescript-eslint/no-require-imports */
  });
  const provider = new Copied!();
  expect(copy).not.toBe(ModelProvider);
  expect(provider).toBeInstanceOf(copy!);
  expect(provider).not.toBeInstanceOf(ModelProvider);
  expect(providerDefect(provider)).toBeUndefined();
});

test('a provider of another realm is judged by the same rules', () => {
  const { module, run } = loadInAnotherRealm();
  const make = (body: string): unknown =>
    run(
      `return new (class extends ModelProvider { createResource() {} createClient() {} ${body} })()`,
      module,
    );
  const provider = make('');
  expect(provider).not.toBeInstanceOf(Object);
  expect(provider).not.toBeInstanceOf(ModelProvider);
  expect(providerDefect(provider)).toBeUndefined();
  expect(providerDefect(make('setup() {}'))).toMatch('it overrides setup()');
  expect(providerDefect(run('return ModelProvider', { ...module }))).toMatch('it is a class');
  expect(providerDefect(run('return {}', {}))).toBe('it does not inherit from ModelProvider');
});
