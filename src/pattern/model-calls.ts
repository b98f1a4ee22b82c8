import { isObject } from '../base/json';
import { kindOf } from '../base/kind-of';
import { ModelProviderError } from '../base/errors';
import { checkOptionsOf, flag, text, whole, type OptionRule } from '../base/option-rules';
import type { ClientContext } from './resource-context';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');

/** What is known of one answered call of a model. A type, not an interface: the log keeps it as JSON. */
export type CallFacts = {
  /** Milliseconds from sending the request to the end of the answer. */
  readonly ms: number;
  /** What was asked, from the server's base URL, such as `/chat/completions`. */
  readonly path?: string;
  /** The HTTP status. */
  readonly status?: number;
  /** Why the answer ended, in the server's word, such as `stop`, `length` or `content_filter`. */
  readonly finishReason?: string;
  /** Absent if the server counts no tokens. */
  readonly usage?: { readonly promptTokens: number; readonly completionTokens: number };
  /** What the model thought before its text. */
  readonly reasoning?: string;
  /** Whether the answer has neither a text nor a call of a tool. */
  readonly isEmpty?: boolean;
  /** Whether the model refused to answer. */
  readonly isRefused?: boolean;
};

/** One answered call, and whose it was. */
export interface ModelCall {
  /** `provider:name`. */
  readonly spec: string;
  /** The signal of the client's context: it tells leases apart. */
  readonly lease: AbortSignal;
  readonly facts: CallFacts;
}

/** Whoever calls clients, such as a sample of an evaluation. */
export interface Caller {
  /** How many milliseconds a call may wait for an endpoint that had too many requests. */
  readonly maxWaitMs: number;
  /** Aborted when nothing is waited for any more. */
  readonly signal: AbortSignal;
  /** A call was answered: so evaluations record tokens and latencies. */
  answered(call: ModelCall): void;
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

/** What the built-in clients do with every answered call; {@link reportCall} checks the facts of others. */
export function noteCall({ spec, signal }: CallingContext, facts: CallFacts): void {
  callers.getStore()?.answered({ spec, lease: signal, facts });
}

type CallingContext = Pick<ClientContext, 'spec' | 'signal'>;

const milliseconds: OptionRule = {
  allows: (value) => Number.isFinite(value) && (value as number) >= 0,
  wanted: 'a number of milliseconds',
};

const tokens: OptionRule = {
  allows: (value) =>
    isObject(value) &&
    [value['promptTokens'], value['completionTokens']].every(
      (count) => Number.isSafeInteger(count) && (count as number) >= 0,
    ),
  wanted: '{ promptTokens, completionTokens }, two whole numbers',
};

const rules: Record<keyof CallFacts, OptionRule> = {
  ms: milliseconds,
  path: text,
  status: whole(100),
  finishReason: text,
  usage: tokens,
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
  noteCall(context, { ...call });
}

/** How many milliseconds a call may wait unless its caller says otherwise. */
export const usualMaxWaitMs = 300_000;
