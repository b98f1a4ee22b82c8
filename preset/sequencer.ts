import type { AggregatedResult, Test } from '@jest/test-result';
import Sequencer, { type ShardOptions } from '@jest/test-sequencer';
import { ownModel } from '../src/pattern/matrix-project';
import { resourceKey } from '../src/pattern/resource-spec';
import { LoadTimes } from '../src/session/load-times';
import { presentSession } from '../src/session/open-session';
import { warmKeys } from '../src/session/warm-keys';
import { matrixProject } from './matrix-project';

/**
 * Jest's own order (failed files first, then the slowest) within each project, and the projects one after the other: projects are how
 * one run is divided by model, so a project's model is used up before the next project's is needed. Of the projects of a matrix the one
 * whose model is loaded or kept warm goes first, then the one whose model loads fastest; what is not known yet keeps its place after them.
 */
class ModelProviderSequencer extends Sequencer {
  /**
   * The models of a matrix are divided among the machines, so that few are loaded by two. All machines must agree on the order, so
   * nothing that one of them has learned counts.
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

/** In the order in which the projects first come. */
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
