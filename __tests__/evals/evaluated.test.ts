import { evaluatedIn, resourcesAround } from '../../src/evals/evaluated';
import { LeasedBlock } from '../../src/pattern/leased-block';
import { LeasedResource } from '../../src/pattern/leased-resource';
import { parseRequest } from '../../src/pattern/resource-spec';
import { enterOwnRealm, leaveRealmAfterEach, OwnProvider } from '../pattern/own-realm';

leaveRealmAfterEach();

class DatabaseProvider extends OwnProvider {
  override readonly isModel = false;
}

/** A `withClient` block by its spec, or a `withClients` block by its specs. */
type Block = string | Readonly<Record<string, string>>;

/** The innermost of blocks that stand one within the other. */
function nest([outermost, ...inner]: readonly Block[]): LeasedBlock | undefined {
  if (outermost === undefined) return undefined;
  const known = ['llm', 'db'];
  const resources =
    typeof outermost === 'string'
      ? [new LeasedResource(parseRequest(outermost, known))]
      : Object.entries(outermost).map(([name, spec]) => new LeasedResource(parseRequest(spec, known), name));
  const block = new LeasedBlock(resources);
  return block.collect(() => nest(inner) ?? block);
}

beforeEach(() => {
  enterOwnRealm({ llm: new OwnProvider(), db: new DatabaseProvider() });
});

test.each<[blocks: Block[], evaluated: string | undefined]>([
  [[], undefined],
  [['llm:a'], 'llm:a'],
  [['llm:a', 'llm:b'], 'llm:b'],
  // A database is what a model works with, wherever it stands.
  [['llm:a', 'db:shop'], 'llm:a'],
  [['db:shop', 'llm:a'], 'llm:a'],
  [['llm:a', { db: 'db:shop' }], 'llm:a'],
  [[{ db: 'db:shop' }, 'llm:a'], 'llm:a'],
  // In withClients the name decides.
  [[{ model: 'llm:a', db: 'db:shop' }], 'llm:a'],
  [[{ judge: 'llm:b', model: 'llm:a' }], 'llm:a'],
  [['llm:a', { judge: 'llm:b' }], 'llm:a'],
  [['llm:a', { model: 'llm:b' }], 'llm:b'],
  [[{ model: 'llm:b' }, 'llm:a', 'db:shop'], 'llm:a'],
  [[{ model: 'db:shop', db: 'db:other' }], 'db:shop'],
  // Without any model.
  [['db:shop'], 'db:shop'],
  [['db:outer', 'db:inner', { cache: 'db:cache' }], 'db:inner'],
  [[{ a: 'llm:a', b: 'llm:b' }], undefined],
])('within %j an evaluation is of %s', (blocks, evaluated) => {
  expect(evaluatedIn(nest(blocks))?.label).toBe(evaluated);
});

test('all resources around an evaluation are known, from the inside out', () => {
  const block = nest(['llm:a', { db: 'db:shop', cache: 'db:cache' }]);
  expect(resourcesAround(block).map(({ label }) => label)).toEqual(['db:shop', 'db:cache', 'llm:a']);
});
