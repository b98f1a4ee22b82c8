import { parseNamedSpecs } from '../../../src/pattern/blocks/named-specs';
import { thrown } from '../../support/thrown';

const known = ['embedded', 'postgres'];

test('an object gives its requests by name, in its order', () => {
  const specs = {
    model: 'embedded:expert',
    db: { spec: 'postgres:shop', config: { rows: 2 }, label: 'shop' },
  };
  expect(parseNamedSpecs(specs, known)).toEqual([
    ['model', expect.objectContaining({ spec: 'embedded:expert', label: 'embedded:expert' })],
    ['db', expect.objectContaining({ spec: 'postgres:shop', config: { rows: 2 }, label: 'shop' })],
  ]);
});

test('two of the same are two leases, for their names differ', () => {
  const specs = { source: 'postgres:shop', target: 'postgres:shop' };
  expect(parseNamedSpecs(specs, known).map(([name]) => name)).toEqual(['source', 'target']);
});

test.each([
  ['a text', 'embedded:expert', 'string'],
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a list', ['embedded:expert'], 'a list'],
])('%s instead of an object is refused with an example', (_what, specs: unknown, found) => {
  expect(thrown(() => parseNamedSpecs(specs, known))).toMatchObject({
    code: 'MODELS_INVALID',
    message: `withClients() takes an object of specs by name, for example { model: "embedded:expert", judge: "openai:gpt-4o-mini" }, not ${found}. For the same tests with one model after the other use withClient().`,
  });
});

test('an empty object is refused, since there would be no handle', () => {
  const error = thrown(() => parseNamedSpecs({}, known));
  expect(error.code).toBe('MODELS_INVALID');
  expect(error.message).toMatch('got an empty object: name at least one resource');
});

test.each([
  ['no text', { model: 'embedded:a', db: undefined }, 'SPEC_INVALID', 'db: A resource spec must be a string'],
  ['no spec', { db: 'shop' }, 'SPEC_INVALID', 'db: Resource spec "shop" must be "provider:name"'],
  [
    'of no known provider',
    { db: 'postgers:shop' },
    'PROVIDER_UNKNOWN',
    'db: Unknown provider "postgers" in "postgers:shop". Did you mean "postgres"?',
  ],
])('an entry that is %s is refused with its name', (_what, specs, code, message) => {
  const error = thrown(() => parseNamedSpecs(specs, known));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`withClients(): ${message}`);
});
