import fc from 'fast-check';
import type { ProviderConstraints } from '../../../src/pattern/constraints';
import { maxBypasses } from '../../../src/session/scheduler/scheduler';
import { SchedulerWorld } from './scheduler-world';

const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 500);
process.stdout.write(`model-major.property.test.ts: PROPERTY_SEED=${seed} PROPERTY_RUNS=${numRuns}\n`);

/**
 * A test file of one model as a worker runs it: it begins, asks some times for a lease and gives it back, and
 * ends.
 */
interface File {
  readonly name: string;
  readonly model: string;
  leasesLeft: number;
  demand: string | undefined;
}

/**
 * Jest with some workers on a run in model-major order: files begin in order, and then go on however quick
 * each is.
 */
class Workers {
  readonly world: SchedulerWorld;
  readonly #policy: ProviderConstraints;
  readonly #waiting: File[];
  readonly #running: File[] = [];
  readonly #size: number;

  constructor(world: SchedulerWorld, policy: ProviderConstraints, files: File[], size: number) {
    this.world = world;
    this.#policy = policy;
    this.#waiting = files;
    this.#size = size;
  }

  /** Everything that could happen next. */
  steps(): (() => void)[] {
    const { world } = this;
    const steps = this.#running.flatMap((file) => this.#stepsOf(file));
    if (this.#running.length < this.#size && this.#waiting.length > 0) steps.push(() => this.#begin());
    steps.push(...world.startable.map((made) => () => world.started(made)));
    steps.push(...world.inState('stopping').map((made) => () => world.stopped(made)));
    return steps;
  }

  get isDone(): boolean {
    return this.#running.length + this.#waiting.length === 0;
  }

  #begin(): void {
    const file = this.#waiting.shift()!;
    this.#running.push(file);
    this.world.reserve(file.name, 'gpu', this.#policy, file.model);
  }

  #stepsOf(file: File): (() => void)[] {
    const { world } = this;
    if (file.demand !== undefined) {
      const lease = world.leaseOf(file.demand);
      if (lease === undefined) return [];
      return [
        () => {
          file.demand = undefined;
          file.leasesLeft -= 1;
          world.release(lease);
        },
      ];
    }
    if (file.leasesLeft > 0)
      return [
        () =>
          (file.demand = world.request('gpu', this.#policy, file.model, [], undefined, undefined, file.name)),
      ];
    return [
      () => {
        this.#running.splice(this.#running.indexOf(file), 1);
        world.unreserve(file.name);
      },
    ];
  }
}

test('in model-major order N files × M models cost M loads, with any number of workers and slots, however quick each of them is', () => {
  fc.assert(
    fc.property(
      fc.record({
        files: fc.integer({ min: 1, max: 12 }),
        models: fc.integer({ min: 1, max: 5 }),
        slots: fc.integer({ min: 1, max: 3 }),
        workers: fc.integer({ min: 1, max: 6 }),
        leases: fc.integer({ min: 1, max: 3 }),
        bypasses: fc.constantFrom(0, 1, maxBypasses),
      }),
      fc.infiniteStream(fc.nat(1000)),
      ({ files, models, slots, workers, leases, bypasses }, numbers) => {
        const world = new SchedulerWorld(bypasses);
        const policy = {
          maxLive: slots,
          sharing: 'shared',
          retain: 'session',
          startTimeoutMs: 1,
          stopTimeoutMs: 1,
        } as const;
        const order = Array.from({ length: models }, (_, model) =>
          Array.from({ length: files }, (_file, file) => ({
            name: `m${model} f${file}`,
            model: `m${model}`,
            // Some files have no use for their model after all.
            leasesLeft: (file + model) % 4 === 3 ? 0 : leases,
            demand: undefined,
          })),
        ).flat();
        const used = new Set(order.filter(({ leasesLeft }) => leasesLeft > 0).map(({ model }) => model));
        const jest = new Workers(world, policy, order, workers);
        while (!jest.isDone) {
          const steps = jest.steps();
          if (steps.length === 0) throw new Error(`Nothing can happen any more:\n${world.log.join('\n')}`);
          steps[(numbers.next().value ?? 0) % steps.length]?.();
        }
        expect(world.starts.size).toBe(used.size);
      },
    ),
    { seed, numRuns },
  );
});
