import type { ProviderRegistry } from '../pattern/registry';
import { parseRequest } from '../pattern/resource-spec';
import { identityOf } from './identity';
import type { LiveResource } from './live-resource';
import { placesOf } from './placement';
import type { WantedResource } from './warm-resources';

/** A resource that is about to be made, as those who keep resources warm are asked for it. */
export function wantedResource(
  live: LiveResource,
  all: Iterable<LiveResource>,
  registry: ProviderRegistry,
): WantedResource {
  const { spec, name, config, provider, devices, pool } = live.plan;
  const prefix = parseRequest(spec, registry.names).provider;
  const taken = [...all]
    .filter((other) => other !== live && other.borrowedFrom === undefined)
    .flatMap(({ plan }) => placesOf(parseRequest(plan.spec, registry.names).provider, plan.devices));
  return {
    ...{ spec, provider: prefix, name, config },
    maxLive: provider.constraints.maxLive,
    ...{ devices, pool },
    own: placesOf(prefix, devices).map((place) => taken.filter((other) => other === place).length),
    identity: () => identityOf(registry, { provider: prefix, name, config }),
    lost: (reason, logTail) => live.lose(reason, undefined, logTail),
  };
}
