import { evaluatedIn, resourcesAround, totalTrials } from '../../../src/evals/execution/evaluation-plan';
import { checkOptions } from '../../../src/evals/execution/foreach-options';
import { samplesOf } from '../../../src/evals/execution/sample-source';
import { LeasedBlock } from '../../../src/pattern/blocks/leased-block';
import { LeasedResource } from '../../../src/pattern/blocks/leased-resource';
import { parseRequest } from '../../../src/pattern/resource-spec';
import { enterOwnRuntime, leaveRuntimeAfterEach, OwnProvider } from '../../pattern/own-runtime';

leaveRuntimeAfterEach();

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
  enterOwnRuntime({ llm: new OwnProvider(), db: new DatabaseProvider() });
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

test.each([
  [{}, 3],
  [{ trials: 2 }, 6],
  [{ trials: 2, samples: 2 }, 4],
  [{ samples: 5 }, 3],
  // A filter decides when the rows are read.
  [{ filter: () => true }, null],
])('of three rows and the options %j there are %s trials', (options, total) => {
  const source = samplesOf(['n'], [1, 2, 3] as never);
  expect(totalTrials({ source, options: checkOptions('foreach()', options) })).toBe(total);
});

test('the number of trials is not known of rows that come one by one', () => {
  const source = samplesOf(['n'], (() => [1, 2, 3]) as never);
  expect(totalTrials({ source, options: checkOptions('foreach()', {}) })).toBeNull();
});
