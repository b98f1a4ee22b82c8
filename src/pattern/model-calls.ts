import { isObject, type Json } from '../base/json';
import { kindOf } from '../base/kind-of';
import { ModelProviderError } from '../base/errors';
import { checkOptionsOf, flag, text, whole, type OptionRule } from '../base/option-rules';
import type { RecordedWork } from './recordings';
import type { ClientContext } from './resource-context';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
// Not the global: tests may put fake timers in its place.
const { performance } = process.getBuiltinModule('node:perf_hooks');

/** What is known of one call of a model. A type, not an interface: the log keeps it as JSON. */
export type CallFacts = {
  /** Milliseconds from sending the request, for the last time, to the end of the answer. */
  readonly ms: number;
  /** Milliseconds from sending the request to the first piece of a streamed answer; absent otherwise. */
  readonly firstTokenMs?: number;
  /** The model that was asked for, if it is another than that of the connection. */
  readonly model?: string;
  /** What was asked, from the server's base URL, such as `/chat/completions`. */
  readonly path?: string;
  /** The HTTP status. */
  readonly status?: number;
  /** Why the answer ended, in the server's word, such as `stop`, `length` or `content_filter`. */
  readonly finishReason?: string;
  /** Absent if the server counts no tokens. */
  readonly usage?: TokenCounts;
  /** How often the request was sent again, since the server had too many. */
  readonly retries?: number;
  /** Why there is no answer: what the server said, or what became of the connection. */
  readonly error?: string;
  /** The server's own word for that, such as `insufficient_quota`; absent if it gives none. */
  readonly errorCode?: string;
  /** Whether the answer is a recorded one, which took no time; absent otherwise. */
  readonly replayed?: boolean;
  /** What the model thought before its text. */
  readonly reasoning?: string;
  /** Whether the answer has neither a text nor a call of a tool. */
  readonly isEmpty?: boolean;
  /** Whether the model refused to answer. */
  readonly isRefused?: boolean;
};

/** The tokens of one call. */
export type TokenCounts = {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Those of the prompt that the server had read before; absent if it does not say. */
  readonly cachedTokens?: number;
};

/** What was said in a call: the bodies of the request and of the answer, a stream put together. */
export interface CallBodies {
  readonly request: Json;
  readonly answer: Json;
}

/** One call, and whose it was. */
export interface ModelCall {
  /** `provider:name`. */
  readonly spec: string;
  /** The signal of the client's context: it tells leases apart. */
  readonly lease: AbortSignal;
  readonly facts: CallFacts;
  /** Absent where a provider's own client reports the facts alone. */
  readonly bodies?: CallBodies;
}

/** Whoever calls clients, such as a sample of an evaluation. */
export interface Caller {
  /** How many milliseconds a call may wait for an endpoint that had too many requests. */
  readonly maxWaitMs: number;
  /** Aborted when nothing is waited for any more. */
  readonly signal: AbortSignal;
  /** What is recorded of its calls; undefined where nothing is. */
  readonly work?: RecordedWork | undefined;
  /** Names it to the tap, which tells it of the calls that an application makes for it. */
  tapKey(): string | undefined;
  /** A call begins. `end` is called if the caller ends before it. Returns what to call when it has ended itself. */
  begins(end: () => void): () => void;
  /** A call has ended: so evaluations record tokens and latencies. */
  called(call: ModelCall): void;
  /** A call has to wait before it is sent. Returns what to call when it has not to any more. */
  waits(): () => void;
  /** A call would have to wait for longer than it may, and gets the endpoint's refusal. */
  gaveUp(): void;
}

const callers = new AsyncLocalStorage<Caller>();

/** Runs `fn`, whose calls of clients are those of `caller`. */
export function callAs<T>(caller: Caller, fn: () => T): T {
  return callers.run(caller, fn);
}

/** Who calls, if anyone wants to know of it. */
export function currentCaller(): Caller | undefined {
  return callers.getStore();
}

/** What is told of a call when it has ended; what is told first counts. */
export type CallNote = (facts: CallFacts, bodies?: CallBodies) => void;

/**
 * Begins a call of a built-in client. It is its caller's, wherever it ends; and if that ends before it, it is told as
 * one that failed. {@link reportCall} is for the clients of others.
 */
export function beginCall({ spec, signal }: CallingContext, path?: string): CallNote {
  const caller = callers.getStore();
  if (caller === undefined) return () => undefined;
  const begin = performance.now();
  let isTold = false;
  const tell: CallNote = (facts, bodies) => {
    if (isTold) return;
    isTold = true;
    endsFirst();
    caller.called({ spec, lease: signal, facts, ...(bodies === undefined ? {} : { bodies }) });
  };
  const endsFirst = caller.begins(() =>
    tell({ ms: performance.now() - begin, ...(path === undefined ? {} : { path }), error: endedWithCaller }),
  );
  return tell;
}

/** What is said of a call that was under way when its caller ended. */
export const endedWithCaller = 'It was ended with the attempt that had made it.';

const listeners = new Set<(call: ModelCall) => void>();

/** Tells of a call of which it is not known who has made it. */
export function noteUnattributed(call: ModelCall): void {
  for (const listener of listeners) listener(call);
}

/** Has such calls told to `listener`. Returns how to end that. */
export function onUnattributed(listener: (call: ModelCall) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

type CallingContext = Pick<ClientContext, 'spec' | 'signal'>;

const milliseconds: OptionRule = {
  allows: (value) => Number.isFinite(value) && (value as number) >= 0,
  wanted: 'a number of milliseconds',
};

const tokens: OptionRule = {
  allows: (value) =>
    isObject(value) &&
    [value['promptTokens'], value['completionTokens'], value['cachedTokens'] ?? 0].every(
      (count) => Number.isSafeInteger(count) && (count as number) >= 0,
    ),
  wanted: '{ promptTokens, completionTokens }, two whole numbers, and cachedTokens if it is known',
};

const rules: Record<keyof CallFacts, OptionRule> = {
  ms: milliseconds,
  firstTokenMs: milliseconds,
  model: text,
  path: text,
  status: whole(100),
  finishReason: text,
  usage: tokens,
  retries: whole(0),
  error: text,
  errorCode: text,
  replayed: flag,
  reasoning: text,
  isEmpty: flag,
  isRefused: flag,
};

/**
 * Reports an answered call of a provider's own client. An evaluation whose sample made the call logs it, and
 * counts its tokens, its time and how it ended. Does nothing outside an evaluation.
 *
 * @param context what `createClient` was given.
 * @throws ModelProviderError `CONFIG_INVALID` naming a fact that is none, and for another context.
 * @example
 * async ask(question: string): Promise<string> {
 *   const start = performance.now();
 *   const { text, tokens } = await this.#post(question);
 *   const usage = { promptTokens: tokens.in, completionTokens: tokens.out };
 *   reportCall(this.#context, { ms: performance.now() - start, usage, isEmpty: text === '' });
 *   return text;
 * }
 */
export function reportCall(context: CallingContext, call: CallFacts): void {
  // Without these a log could not say whose call it was.
  const given: unknown = context;
  if (!isObject(given) || typeof given['spec'] !== 'string' || !isObject(given['signal']))
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `reportCall(): the first argument is ${kindOf(context)}; it must be the context that createClient was given.`,
    );
  checkOptionsOf('reportCall()', { ...call, ms: (call as Partial<CallFacts>).ms ?? null }, rules);
  beginCall(context)({ ...call });
}

/** How many milliseconds a call may wait unless its caller says otherwise. */
export const usualMaxWaitMs = 300_000;
