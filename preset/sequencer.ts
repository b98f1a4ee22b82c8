import type { Test } from '@jest/test-result';
import Sequencer from '@jest/test-sequencer';

/**
 * Jest's own order (failed files first, then the slowest), with the files of one project kept together: projects are how one
 * run is divided by model, so a project's resources are used up before the next project's are needed.
 */
class ModelProviderSequencer extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const sorted = await super.sort(tests);
    const projects = [...new Set(sorted.map((test) => test.context.config.id))];
    return projects.flatMap((id) => sorted.filter((test) => test.context.config.id === id));
  }
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderSequencer;
