import { deserializeError, ModelProviderError } from '../../base/errors';
import { OwnPromise, round } from '../../base/hot-globals';
import type { Json } from '../../base/json';
import { AbortController, currentTime } from '../../base/real-globals';
import { callAs, type CallFacts, type Caller, type ModelCall } from '../../pattern/model-calls';
import { originOf } from '../../pattern/lease-origin';
import type { ModelConnection } from '../../pattern/model-connection';
import type { RecordedWork } from '../../pattern/recordings';
import type { ResourceHandle } from '../../pattern/resource-handle';
import { currentRuntime } from '../../pattern/runtime';
import type { Activity, SessionClient } from '../../pattern/session-client';
import type { TapScope } from '../../pattern/tap';
import { applicationEnv } from '../../tap/application-env';
import type { Sample } from '../data-sets/data-set';
import type { CallRecord, SampleRecord } from '../log/log-record';
import type { Returned } from '../scorers/returned';
import { callTranscripts, type CallTranscript } from '../transcripts/call-transcript';
import { madeCall, type MadeCall } from '../transcripts/made-call';
import type { CallCosts } from './call-costs';
import type { Cancellable, InFlight } from './in-flight';

/** What a sample's function gets besides its sample. */
export interface SampleContext<Client = unknown, Connection = ModelConnection> {
  /**
   * The client of the model that is evaluated: that of the enclosing `withClient`, or `model` of
   * `withClients`.
   */
  readonly client: Client;
  /** Its label; an empty text if there is none. */
  readonly model: string;
  /** Aborted when the sample's time is up, or the run ends: pass it to the model. */
  readonly signal: AbortSignal;
  /** Which of the sample's trials this is, from 0. */
  readonly trial: number;
  /**
   * How an application under test reaches the model that is evaluated: `{ baseURL, apiKey, model }`, or what
   * `createResource` returned of your own. Its calls are those of this attempt: they are in the log, and end with it.
   * Afterwards the address answers 410.
   *
   * @throws ModelProviderError `HANDLE_NOT_READY` where no model is evaluated.
   */
  readonly connection: Connection;
  /**
   * The same for a subprocess, to be spread over its environment: `OPENAI_BASE_URL`, `OPENAI_API_BASE`,
   * `OPENAI_API_KEY`, `ANTHROPIC_BASE_URL` and `ANTHROPIC_API_KEY` of the model, `DATABASE_URL` and the `PG*` of the
   * nearest database around, and `NO_PROXY` and `no_proxy` with 127.0.0.1.
   *
   * @example
   * await execa('python3', ['app.py', question], { env: { ...process.env, ...context.env } });
   */
  readonly env: Readonly<Record<string, string>>;
  /** Names the sample in the log; equal for equal content, in every run. */
  readonly sampleId: string;
  /**
   * The calls of models that the sample has made so far, with what was said in them, whatever is kept of it. Read
   * it when they are over. Those of a judge are among them: `resource` says who was asked.
   */
  readonly calls: readonly CallTranscript[];
  /** Keeps a fact about this trial in the log. */
  log(name: string, value: Json): void;
}

/** The sample's function, its columns already picked. */
export type SampleFunction = (cells: never, context: SampleContext) => Promise<Returned> | Returned;

/** What every attempt of an evaluation needs. */
export interface AttemptRules {
  readonly fn: SampleFunction;
  readonly model: string;
  /** The client of the block; throws as a handle's does. */
  readonly client: () => unknown;
  /** What is evaluated, and then what the blocks around lease besides, from the inside out. */
  readonly handles: readonly ResourceHandle[];
  /** Whether the first of them is evaluated. */
  readonly isOfModel: boolean;
  readonly inFlight: InFlight;
  readonly session: SessionClient;
  /** What calls cost. */
  readonly costs: Pick<CallCosts, 'of'>;
  /** The name in the log of the resource that a call asked. */
  readonly resourceOf: (call: ModelCall) => string;
  /** How many milliseconds a call may wait for an endpoint that had too many requests. */
  readonly maxWaitMs: number;
  /** Begins the recording of a trial's calls; absent where nothing is recorded or replayed. */
  readonly begin?: ((sampleId: string, trial: number) => RecordedWork) | undefined;
  /** The calls of a trial that was run before, where its answer is judged again. */
  readonly storedCalls?: ((sampleId: string, trial: number) => readonly MadeCall[]) | undefined;
}

/** One call of the sample's function, within its time. */
export class Attempt implements Cancellable, Caller {
  /** Whether it was cancelled because its time was up. */
  isLate = false;
  /** Whether one of its calls would have had to wait for longer than it may. */
  hasGivenUp = false;
  /** How many of its calls wait. */
  #waiting = 0;
  readonly #sample: Sample;
  readonly #trial: number;
  readonly #rules: AttemptRules;
  #log: Record<string, Json> | undefined;
  #calls: CallRecord[] | undefined;
  #made: MadeCall[] | undefined;
  #stored: readonly MadeCall[] | undefined;
  #reject: ((reason: Error) => void) | undefined;
  #abort: AbortController | undefined;
  #cancelledFor: Error | undefined;
  #scope: TapScope | undefined;
  #isOver = false;
  /** What ends its calls that are under way. */
  #underWay: Set<() => void> | undefined;
  #failedCall: CallFacts | undefined;
  #work: RecordedWork | undefined;

  constructor(sample: Sample, trial: number, rules: AttemptRules) {
    this.#sample = sample;
    this.#trial = trial;
    this.#rules = rules;
  }

  /** Settles with the function's answer, or when it is cancelled. */
  run(): Promise<unknown> {
    const activity = this.#rules.session.begin(`sample ${this.#sample.index}`);
    return new OwnPromise((resolve, reject) => {
      this.#reject = reject;
      this.#rules.inFlight.add(this);
      this.#answer(activity).then(
        (answer) => {
          activity.end();
          this.#end();
          resolve(answer);
        },
        (error: unknown) => {
          activity.end();
          this.#end();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as thrown
          reject(error);
        },
      );
    });
  }

  cancel(reason: Error, isLate: boolean): void {
    this.isLate = isLate;
    this.#cancelledFor = reason;
    this.#end(true);
    this.#reject?.(reason);
    this.#abort?.abort(reason);
  }

  /** What an application still asks for it is refused from now on. */
  #end(isCancelled = false): void {
    this.#isOver = true;
    this.#scope?.end(isCancelled);
    for (const end of this.#underWay ?? []) end();
  }

  #answer(activity: Activity): Promise<unknown> {
    const { fn } = this.#rules;
    const { cells } = this.#sample;
    const context = new TrialContext(this, this.#sample, this.#trial, this.#rules);
    try {
      return OwnPromise.resolve(activity.run(() => callAs(this, () => fn(cells as never, context))));
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as thrown
      return OwnPromise.reject(error);
    }
  }

  note(name: string, value: Json): void {
    // Without a prototype, so that every name is one of its own.
    this.#log ??= Object.create(null) as Record<string, Json>;
    this.#log[name] = value;
  }

  /** What `context.log` noted. */
  get log(): SampleRecord['log'] {
    return this.#log;
  }

  /** The calls that have been answered. */
  get calls(): SampleRecord['calls'] {
    return this.#calls;
  }

  /** The same with what was said in them, after those of the trial whose answer is judged again. */
  get made(): readonly MadeCall[] | undefined {
    const stored = this.#storedCalls();
    return stored === undefined ? this.#made : [...stored, ...(this.#made ?? [])];
  }

  /** Whether it judges a recorded answer again. */
  get judgesReplayed(): boolean {
    return this.#storedCalls()?.some(({ facts }) => facts.replayed === true) ?? false;
  }

  #storedCalls(): readonly MadeCall[] | undefined {
    return (this.#stored ??= this.#rules.storedCalls?.(this.#sample.id, this.#trial));
  }

  /** Made when it is read: it costs more than all the rest of a quick sample. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#cancelledFor !== undefined) this.#abort.abort(this.#cancelledFor);
    }
    return this.#abort.signal;
  }

  get maxWaitMs(): number {
    return this.#rules.maxWaitMs;
  }

  /** Its time does not pass while a call of it waits. */
  waits(): () => void {
    this.#waiting += 1;
    if (this.#waiting === 1) this.#rules.inFlight.hold(this);
    return () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#rules.inFlight.goOn(this);
    };
  }

  gaveUp(): void {
    this.hasGivenUp = true;
  }

  /** Made at the first call. */
  get work(): RecordedWork | undefined {
    return (this.#work ??= this.#rules.begin?.(this.#sample.id, this.#trial));
  }

  /** What it has recorded; undefined if it has made no call of what is recorded. */
  get recorded(): RecordedWork | undefined {
    return this.#work;
  }

  /** Why it has no answer, whatever its function made of it: one of its calls is not recorded. */
  get missed(): ModelProviderError | undefined {
    return this.#work?.miss === undefined ? undefined : deserializeError(this.#work.miss);
  }

  tapKey(): string | undefined {
    return this.#tapScope()?.key;
  }

  /** Made at the first call: a sample without any costs no more than it must. */
  #tapScope(): TapScope | undefined {
    if (this.#scope !== undefined) return this.#scope;
    const [first] = this.#rules.handles;
    this.#scope = currentRuntime()
      .tap()
      ?.begin(this, this.#rules.isOfModel ? first : undefined);
    if (this.#isOver) this.#scope?.end(this.#cancelledFor !== undefined);
    return this.#scope;
  }

  connectionTo(handle: ResourceHandle): unknown {
    return this.#tapScope()?.connectionTo(handle) ?? handle.connection;
  }

  /** The last call, if it failed: that may be why the whole attempt did. */
  get failedCall(): CallFacts | undefined {
    return this.#failedCall;
  }

  begins(end: () => void): () => void {
    const underWay = (this.#underWay ??= new Set());
    underWay.add(end);
    return () => underWay.delete(end);
  }

  called(call: ModelCall): void {
    const { bodies, lease } = call;
    const isReplayed = originOf(lease)?.facts.replayed === true;
    const facts = isReplayed ? { ...call.facts, replayed: true } : call.facts;
    // What was still under way when it ended is no reason for its end.
    if (!this.#isOver) this.#failedCall = facts.error === undefined ? undefined : facts;
    const record = {
      ...callRecord(this.#rules.resourceOf(call), facts),
      ...this.#rules.costs.of({ ...call, facts }),
    };
    (this.#calls ??= []).push(record);
    (this.#made ??= []).push(madeCall({ at: currentTime() - round(facts.ms), ...record }, bodies));
  }
}

// A class: V8 makes a hidden class for each object literal with getters, and keeps all that they see.
class TrialContext implements SampleContext {
  readonly model: string;
  readonly trial: number;
  readonly sampleId: string;
  readonly #attempt: Attempt;
  readonly #rules: AttemptRules;

  constructor(attempt: Attempt, { id }: Sample, trial: number, rules: AttemptRules) {
    this.model = rules.model;
    this.trial = trial;
    this.sampleId = id;
    this.#attempt = attempt;
    this.#rules = rules;
  }

  get client(): unknown {
    return this.#rules.client();
  }

  get calls(): readonly CallTranscript[] {
    return callTranscripts(this.#attempt.made ?? []);
  }

  /** Made when it is read, as few samples do, and may be taken off its object. */
  get log(): SampleContext['log'] {
    return (name, value) => this.#attempt.note(name, value);
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get connection(): ModelConnection {
    const { handles, isOfModel } = this.#rules;
    if (isOfModel && handles[0] !== undefined)
      return this.#attempt.connectionTo(handles[0]) as ModelConnection;
    throw new ModelProviderError(
      'HANDLE_NOT_READY',
      'context.connection is that of the model which is evaluated, and there is none: put the foreach() into a withClient(), or use the connection of another handle.',
    );
  }

  get env(): SampleContext['env'] {
    const resources = this.#rules.handles
      .filter((handle) => handle.isActive)
      .map((handle) => ({
        connection: this.#attempt.connectionTo(handle) as Json,
        isModel: handle.manager.isModel,
      }));
    return applicationEnv(resources, process.env);
  }
}

/** A call as the log keeps it. */
export function callRecord(resource: string, { ms, firstTokenMs, ...facts }: CallFacts): CallRecord {
  return {
    resource,
    ...facts,
    ms: toMicroseconds(ms),
    ...(firstTokenMs === undefined ? {} : { firstTokenMs: toMicroseconds(firstTokenMs) }),
  };
}

/** Log lines have times to the microsecond; more digits are noise. */
export function toMicroseconds(ms: number): number {
  return round(ms * 1000) / 1000;
}
