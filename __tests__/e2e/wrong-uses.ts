import { spec } from './noting-project';

/** Wrong uses of `withClient` and `withClients`: a name, the call, and what is said of it. */
export const wrongUses: readonly (readonly [name: string, call: string, message: string])[] = [
  ['empty', `withClient([], never)`, 'withClient() got an empty list of models'],
  ['twice', `withClient(['noting:a', 'noting:b', 'noting:a'], never)`, 'withClient() got "noting:a" twice'],
  [
    'unknown',
    `withClient(['notign:a'], never)`,
    'Unknown provider "notign" in "notign:a". Did you mean "noting"? Known providers: ',
  ],
  ['bare', `withClient(['a'], never)`, 'Resource spec "a" must be "provider:name"'],
  ['async', `withClient(['noting:a'], async () => never())`, 'the function for "noting:a" is async'],
  ['value', `withClient(['noting:a'], () => 42)`, 'the function for "noting:a" returned number'],
  ['early', `withClient(['noting:a'], (handle) => handle.client.name)`, 'read it inside a test or hook'],
  [
    'destructured',
    `withClient(['noting:a'], ({ client }) => test('never of a wrong use', () => client))`,
    'do not destructure the handle',
  ],
  ['several-empty', `withClients({}, never)`, 'withClients() got an empty object'],
  ['several-list', `withClients(['noting:a'], never)`, 'withClients() takes an object of specs by name'],
  ['several-bare', `withClients({ db: 'a' }, never)`, 'withClients(): db: Resource spec "a" must be'],
  [
    'several-unset',
    `withClients({ db: process.env.NOTHING }, never)`,
    'withClients(): db: A resource spec must be',
  ],
  ['several-unknown', `withClients({ db: 'notign:a' }, never)`, 'Did you mean "noting"?'],
  [
    'several-bodiless',
    `withClients({ db: 'noting:a' })`,
    'needs a function of (handles) as its last argument',
  ],
  [
    'several-scope',
    `withClients({ db: 'noting:a' }, { scope: 'file' }, never)`,
    'withClients(): scope is "file"',
  ],
  [
    'several-async',
    `withClients({ a: 'noting:a', b: 'db:b' }, async () => never())`,
    'withClients(): the function for "noting:a, db:b" is async',
  ],
  [
    'several-value',
    `withClients({ db: 'noting:a' }, () => 42)`,
    'the function for "noting:a" returned number',
  ],
  [
    'several-early',
    `withClients({ db: 'noting:a' }, ({ db }) => db.client.name)`,
    'read it inside a test or hook',
  ],
  [
    'several-destructured',
    `withClients({ db: 'noting:a' }, ({ db: { client } }) => test('never of a wrong use', () => client))`,
    'do not destructure the handle',
  ],
];

/** A spec file for each of them, whose tests must never run. */
export const wrongUseSpecs = Object.fromEntries(
  wrongUses.map(([name, call]) => [
    `wrong-${name}.eval.js`,
    spec(`const never = () => test('never of a wrong use', () => note('went on'));\n${call};`),
  ]),
);
