import type { LeasedBlock } from '../pattern/leased-block';
import type { LeasedResource } from '../pattern/leased-resource';

/**
 * What an evaluation inside `block` is of: the nearest model of a `withClient`, or `model` of a `withClients`. So databases and judges
 * between the evaluation and its model are what the model works with. Around no model it is of the nearest `withClient`'s
 * resource, else of none.
 */
export function evaluatedIn(block: LeasedBlock | undefined): LeasedResource | undefined {
  const around = resourcesAround(block);
  return around.find(({ isEvaluated }) => isEvaluated) ?? around.find(({ key }) => key === undefined);
}

/** All resources of a block and of those around it, from the inside out. */
export function resourcesAround(block: LeasedBlock | undefined): readonly LeasedResource[] {
  return block?.chain.flatMap(({ resources }) => resources) ?? [];
}
