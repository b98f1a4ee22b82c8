import type { ModelCall } from '../../pattern/model-calls';
import { resourcesAround, type EvaluationPlan } from './evaluation-plan';

/**
 * Names the resources that the samples ask: the model by its label, the others by theirs. Where another one
 * has the model's label too, its name in `withClients` tells them apart. What no block around the evaluation
 * leases has its spec.
 */
export function resourceNames({
  model,
  evaluated,
  block,
}: Pick<EvaluationPlan, 'model' | 'evaluated' | 'block'>): (call: ModelCall) => string {
  const around = resourcesAround(block);
  const nameOther = (label: string, key: string): string => (label === model ? `${label} (${key})` : label);
  return ({ lease, spec }) => {
    if (evaluated?.handle.isOf(lease) === true) return model;
    const resource = around.find(({ handle }) => handle.isOf(lease));
    return resource === undefined
      ? nameOther(spec, 'another lease')
      : nameOther(resource.label, resource.key ?? 'another lease');
  };
}
