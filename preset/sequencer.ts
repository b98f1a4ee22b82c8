import type { AggregatedResult, Test } from '@jest/test-result';
import Sequencer, { type ShardOptions } from '@jest/test-sequencer';
import { resourceKey } from '../src/pattern/resource-spec';
import { LoadTimes } from '../src/session/resources/load-times';
import { presentSession } from '../src/session/open-session';
import { warmKeys } from '../src/session/warm/warm-keys';
import { matrixProject, ownModel } from './matrix-project';

/**
 * Runs the projects one after the other, since projects divide a run by model: a project's model is done
 * before the next one is needed. Within a project it keeps Jest's order: failed files first, then the
 * slowest. In a matrix the projects whose models are loaded or kept warm go first, then the others by load
 * time; those with an unknown load time come last, in their own order.
 */
class ModelProviderSequencer extends Sequencer {
  /**
   * Divides the models of a matrix among the machines, so that few models are loaded on two. All machines
   * must agree on the order, so it does not depend on the load times that one of them knows.
   */
  override async shard(tests: Test[], options: ShardOptions): Promise<Test[]> {
    if (!tests.some(isOfMatrix)) return super.shard(tests, options);
    const { shardIndex, shardCount } = options;
    const ordered: Test[] = [];
    for (const own of byProject(tests))
      ordered.push(...(await super.shard(own, { shardIndex: 1, shardCount: 1 })));
    const start = (index: number): number => Math.floor((index * ordered.length) / shardCount);
    return ordered.slice(start(shardIndex - 1), start(shardIndex));
  }

  override async sort(tests: Test[]): Promise<Test[]> {
    if (!tests.some(isOfMatrix)) return byProject(await super.sort(tests)).flat();
    const sorted: Test[] = [];
    for (const own of await cheapestFirst(byProject(tests))) sorted.push(...(await super.sort(own)));
    return sorted;
  }

  /** Jest knows a result by its path alone, and would give those of all projects to the last one. */
  override cacheResults(tests: Test[], results: AggregatedResult): void {
    for (const own of byProject(tests)) {
      const name = own[0]?.context.config.displayName?.name;
      const testResults = results.testResults.filter(({ displayName }) => displayName?.name === name);
      super.cacheResults(own, { ...results, testResults });
    }
  }
}

function isOfMatrix({ context }: Test): boolean {
  return matrixProject(context.config) !== undefined;
}

/** In the order of each project's first file. */
function byProject(tests: readonly Test[]): Test[][] {
  const projects = new Map<string, Test[]>();
  for (const test of tests) {
    const { id } = test.context.config;
    projects.set(id, [...(projects.get(id) ?? []), test]);
  }
  return [...projects.values()];
}

async function cheapestFirst(projects: readonly Test[][]): Promise<Test[][]> {
  const times = LoadTimes.ofUser();
  // In watch mode the session is there from the run before.
  const loaded = [...(presentSession()?.session.loaded ?? []), ...(await warmKeys())];
  const loadMs = ([test]: readonly Test[]): number => {
    const project = test && matrixProject(test.context.config);
    const request = project && ownModel(project);
    if (request === undefined) return Infinity;
    const key = resourceKey(request.provider, request.name, request.config);
    return loaded.includes(key) ? -1 : (times.get(key) ?? Infinity);
  };
  const costs = new Map(projects.map((project) => [project, loadMs(project)]));
  const cost = (project: Test[]): number => costs.get(project) ?? Infinity;
  return [...projects].sort((a, b) => (cost(a) === cost(b) ? 0 : cost(a) - cost(b)));
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderSequencer;
