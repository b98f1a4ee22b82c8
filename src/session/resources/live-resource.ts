import { abortable } from '../../base/abortable';
import { isModelProviderError, type ModelProviderError } from '../../base/errors';
import { findNonJson, type Json } from '../../base/json';
import { keepSecretsIn } from '../../base/secrets';
import { withinLimit } from '../../base/time-limit';
import type { AnyProvider } from '../../pattern/registry';
import type { ProcessExit, SleepSteps } from '../../pattern/resource-context';
import { describeExit } from '../../process/guardian/describe-exit';
import type { ResourceEnd } from '../events/events';
import type { LeaseHolding } from './lease-holding';
import { TrackedContext, type ContextPorts } from './resource-context';
import {
  connectionError,
  diedError,
  startAbortedError,
  startFailedError,
  startTimeoutError,
  teardownError,
} from './resource-errors';
import { TeardownStack } from './teardown-stack';
import type { BorrowedResource } from './warm-source';

/** What a resource needs from its session. */
export interface ResourcePorts extends ContextPorts {
  /** Leases the same resource from a process that keeps it warm; undefined where no process could. */
  borrow(): Promise<BorrowedResource | undefined> | undefined;
  /** Records that `createResource` is about to run: the resource was not borrowed. */
  starting(): void;
  lost(reason: string, exit: ProcessExit | undefined, logTail: string[]): void;
}

export interface ResourcePlan {
  readonly resourceId: string;
  /** The scheduler's id of it. */
  readonly scheduledId: string;
  readonly spec: string;
  /** The prefix of its provider. */
  readonly prefix: string;
  readonly provider: AnyProvider;
  readonly name: string;
  readonly config: Json | undefined;
  readonly devices: readonly string[];
  /** The devices that it could have got; undefined if its provider names none. */
  readonly pool: readonly string[] | undefined;
}

/**
 * What a resource does. In each phase its death is something else:
 *
 * | phase      | its death is             | next                                                        |
 * | ---------- | ------------------------ | ----------------------------------------------------------- |
 * | `starting` | a failed start           | `up` by `markUp()`, `givenUp` by `stop()`                   |
 * | `up`       | a loss, asleep or not    | `waking` by `wake()`, `stopping` by `stop()`                |
 * | `waking`   | a failed wake            | `up` by `markUp()`, `stopping` by `stop()`                  |
 * | `givenUp`  | ignored                  | none; `createResource` may run on until it sees the abort   |
 * | `stopping` | ignored                  | none                                                        |
 */
type Phase = 'starting' | 'up' | 'waking' | 'givenUp' | 'stopping';

// How long a start that ignores its abort signal is waited for before its processes are ended under it.
const abortPatienceMs = 1000;

/**
 * One resource from its start to its end: runs the provider's session half and undoes all that was made for
 * it.
 */
export class LiveResource {
  readonly plan: ResourcePlan;
  connection: Json = null;
  /** Milliseconds from the grant of its place until it was ready. */
  startMs = 0;
  /** Who has the last lease of it; undefined before the first. */
  holding: LeaseHolding | undefined;
  /** How it ends; planned until it has failed to start or died. */
  ended: ResourceEnd = 'planned';
  readonly #ports: ResourcePorts;
  readonly #teardown = new TeardownStack();
  readonly #abort = new AbortController();
  readonly #tracked: TrackedContext;
  #borrowed: BorrowedResource | undefined;
  #phase: Phase = 'starting';
  /** The last start, sleep or wake, which may still run. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(plan: ResourcePlan, ports: ResourcePorts) {
    this.plan = plan;
    this.#ports = ports;
    const { resourceId, spec, devices } = plan;
    this.#tracked = new TrackedContext(
      {
        ...{ resourceId, spec, devices, signal: this.#abort.signal, teardown: this.#teardown },
        isStarting: () => this.#phase === 'starting' || this.#phase === 'givenUp',
        lose: (reason, exit, logTail) => this.lose(reason, exit, logTail),
      },
      ports,
    );
  }

  /** The command line of its first server; null without one. */
  get commandLine(): string | null {
    return this.#borrowed === undefined ? this.#tracked.commandLine : this.#borrowed.command;
  }

  /** The process id of the supervisor that keeps it warm; undefined for a resource of this session. */
  get borrowedFrom(): number | undefined {
    return this.#borrowed?.from;
  }

  /** The devices of its plan or, if it was warm already, those that it is on. */
  get devices(): readonly string[] {
    return this.#borrowed?.devices ?? this.plan.devices;
  }

  get canSleep(): boolean {
    return this.#tracked.sleepSteps !== undefined;
  }

  /**
   * Runs `createResource` within the provider's start limit, which counts from here: the wait for a place is
   * not part of it. {@link markUp} ends the start.
   *
   * @throws ModelProviderError `SETUP_TIMEOUT`, `SETUP_ABORTED`, `SETUP_FAILED`, or the provider's own;
   *   nothing is left behind once {@link stop} has resolved.
   */
  async start(): Promise<void> {
    const { provider, spec } = this.plan;
    const { startTimeoutMs } = provider.constraints;
    this.#work = this.#make();
    try {
      const connection = await withinLimit(abortable(this.#work, this.#abort.signal), startTimeoutMs, () =>
        startTimeoutError(spec, startTimeoutMs),
      );
      this.connection = requireJson(connection, spec);
      keepSecretsIn(this.plan.resourceId, this.connection);
    } catch (error) {
      this.#abort.abort(error);
      if (isModelProviderError(error, 'SETUP_TIMEOUT')) throw await this.#explained(error);
      throw isModelProviderError(error) ? error : startFailedError(spec, error);
    }
  }

  /**
   * Ends the start, or the wake; to be called in the very moment in which the session lends the resource.
   *
   * @throws ModelProviderError why the start was given up, or `SETUP_FAILED` if the server has died just now.
   */
  markUp(): void {
    this.#abort.signal.throwIfAborted();
    const exit = this.#tracked.lastServer?.exit;
    if (exit !== undefined) throw this.#died(`its server ${describeExit(exit)} just as it became ready`);
    this.#phase = 'up';
  }

  /**
   * Makes it give its devices up.
   *
   * @throws what the provider's step throws, or an `Error` when it takes longer than the stop limit; the
   *   resource must then be stopped.
   */
  async sleep(): Promise<void> {
    const { stopTimeoutMs } = this.plan.provider.constraints;
    await this.#run('sleep', stopTimeoutMs, `it was not asleep within its stop limit of ${stopTimeoutMs} ms`);
  }

  /**
   * Makes it take its devices again; {@link markUp} ends the wake.
   *
   * @throws what the provider's step throws, or an `Error` when it takes longer than the start limit; the
   *   resource must then be stopped.
   */
  async wake(): Promise<void> {
    this.#phase = 'waking';
    const { startTimeoutMs } = this.plan.provider.constraints;
    await this.#run(
      'wake',
      startTimeoutMs,
      `it was not awake within its start limit of ${startTimeoutMs} ms`,
    );
  }

  /** To be called when something that the resource needs has died. */
  lose(reason: string, exit?: ProcessExit, logTail: string[] = []): void {
    if (this.#phase === 'up') this.#ports.lost(reason, exit, logTail);
    else if (this.#phase === 'starting' || this.#phase === 'waking') this.#abort.abort(this.#died(reason));
  }

  /** To be called when a test that held a lease has failed. */
  testFailed(test: string): void {
    this.#tracked.failedTest ??= test;
  }

  /**
   * Ends the resource: gives up a start, sleep or wake that still runs, then undoes every step of the start
   * in reverse, `destroyResource` first. All steps are attempted.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` naming all steps that failed; it may be called again.
   */
  async stop(reason: string): Promise<void> {
    const { provider, resourceId, spec } = this.plan;
    const { stopTimeoutMs } = provider.constraints;
    if (this.#phase === 'starting') this.#phase = 'givenUp';
    else if (this.#phase !== 'givenUp') this.#phase = 'stopping';
    this.#abort.abort(startAbortedError(spec, reason));
    const isLate = !(await this.#workEnds(abortPatienceMs));
    let failures = await this.#teardown.unwind(stopTimeoutMs);
    if (isLate) {
      const error = new Error('has not ended, although its signal was aborted');
      if (await this.#workEnds(stopTimeoutMs)) failures = await this.#teardown.unwind(stopTimeoutMs);
      else failures = [...failures, { title: 'createResource', error }];
    }
    if (failures.length > 0) throw teardownError(resourceId, failures);
  }

  async #make(): Promise<unknown> {
    // Awaited only where a process could lend it: a start begins in the very moment of its grant.
    const borrowing = this.#ports.borrow();
    const borrowed = borrowing && (await borrowing);
    if (borrowed !== undefined) {
      this.#borrowed = borrowed;
      this.#teardown.push('give it back', () => borrowed.giveBack());
      return borrowed.connection;
    }
    this.#abort.signal.throwIfAborted();
    this.#ports.starting();
    const { provider, resourceId, name, config } = this.plan;
    const { context } = this.#tracked;
    this.#tracked.makeDirectory();
    const connection = (await provider.createResource(name, config, context)) as Json;
    // Also when the start was given up meanwhile: what was made must be destroyed. The step has no title,
    // since the provider's message needs none.
    this.#teardown.push(undefined, () => provider.destroyResource({ resourceId, name, connection }, context));
    return connection;
  }

  async #run(step: keyof SleepSteps, limitMs: number, late: string): Promise<void> {
    const work = Promise.resolve(this.#tracked.sleepSteps?.[step](this.#abort.signal));
    this.#work = work;
    await withinLimit(abortable(work, this.#abort.signal), limitMs, () => new Error(late));
  }

  /** The error of a start that ran out of time: the provider may know what was run, and what that printed. */
  async #explained(timeout: ModelProviderError): Promise<ModelProviderError> {
    const said = await withinLimit(this.#work, abortPatienceMs, () => timeout).catch(
      (error: unknown) => error,
    );
    return isModelProviderError(said, 'SETUP_TIMEOUT') ? said : timeout;
  }

  async #workEnds(limitMs: number): Promise<boolean> {
    const ended = this.#work.then(
      () => true,
      () => true,
    );
    return withinLimit(ended, limitMs, () => new Error('still at work')).catch(() => false);
  }

  #died(reason: string): ModelProviderError {
    return diedError(this.plan.spec, this.#phase === 'waking' ? 'woken' : 'started', reason);
  }
}

function requireJson(connection: unknown, spec: string): Json {
  const path = connection === undefined ? '.' : findNonJson(connection);
  if (path !== undefined) throw connectionError(spec, path);
  return connection as Json;
}
