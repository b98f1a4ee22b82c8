import { resourceNames } from '../../../src/evals/execution/resource-names';
import type { LeasedResource } from '../../../src/pattern/blocks/leased-resource';

/** A resource of a block, whose handle holds the lease `lease`. */
function resource(label: string, lease: AbortSignal, key?: string): LeasedResource {
  return { label, key, handle: { isOf: (other: AbortSignal) => other === lease } } as never;
}

const lease = (): AbortSignal => new AbortController().signal;
const named = (model: LeasedResource, others: LeasedResource[]): ((of: AbortSignal) => string) => {
  const block = { chain: [{ resources: [model, ...others] }] } as never;
  const resourceOf = resourceNames({ model: model.label, evaluated: model, block });
  return (of) => resourceOf({ spec: 'openai:spec', lease: of, facts: { ms: 1 } });
};

test('a call has the label under which its resource is leased, or its spec', () => {
  const [a, b] = [lease(), lease()];
  const resourceOf = named(resource('expert', a), [resource('grader', b, 'judge')]);
  expect([resourceOf(a), resourceOf(b), resourceOf(lease())]).toEqual(['expert', 'grader', 'openai:spec']);
});

test('a judge that is leased under the label of the model is not taken for it', () => {
  const [a, b] = [lease(), lease()];
  const resourceOf = named(resource('openai:spec', a, 'model'), [resource('openai:spec', b, 'judge')]);
  expect([resourceOf(a), resourceOf(b), resourceOf(lease())]).toEqual([
    'openai:spec',
    'openai:spec (judge)',
    'openai:spec (another lease)',
  ]);
});
