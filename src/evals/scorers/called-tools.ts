import { isObject, showValue, type Json } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import type { CallTranscript, ToolUse } from '../transcripts/call-transcript';
import { defineScorer, type Judgement } from './define-scorer';
import { wantedCall, type ExpectedToolCall, type WantedCall } from './expected-tool-call';

/** A tool that is to be called, or its name alone. */
export interface ExpectedToolUse extends ExpectedToolCall {
  /** How often: so many times exactly, or within limits; at least once by default. 0 forbids it. */
  readonly times?: number | { readonly min?: number; readonly max?: number };
}

/** Which tools are to be called, and what else is demanded of them. */
export interface ExpectedToolUses {
  readonly tools: readonly (string | ExpectedToolUse)[];
  /** Whether they are called one after the other as they stand here; others may come between. */
  readonly inOrder?: boolean;
  /** Whether no other call is made than these. */
  readonly only?: boolean;
}

/**
 * Whether a sample's calls of models have called the expected tools: a name, `{ name, arguments, times }`, several of
 * them, or `{ tools, inOrder, only }`. Other tools may be called too, unless `only` says otherwise; an empty list
 * expects that none is called. Each entry needs calls of its own. The metadata has what is `missing`, what is
 * `unexpected`, and the `calls` of a wrong answer.
 *
 * @throws ModelProviderError `SCORER_FAILED` for what is no calls or no expectation, and where it is not known which
 *   tools were called.
 * @example
 * calledTools(context.calls, 'search');
 * calledTools(context.calls, { name: 'search', arguments: { query: 'Oslo' }, times: 1 });
 * calledTools(context.calls, { tools: ['search', 'fetch'], inOrder: true, only: true });
 */
export const calledTools = defineScorer('calledTools', judge);

interface Wanted extends WantedCall {
  readonly min: number;
  readonly max: number;
  /** As the user has written it. */
  readonly said: Json;
}

function judge(
  calls: readonly CallTranscript[],
  expected: string | ExpectedToolUse | readonly (string | ExpectedToolUse)[] | ExpectedToolUses,
): Judgement {
  const { wanted, inOrder, only } = read(expected);
  const made = toolUsesIn(calls, wanted);
  const { missing, left } = inOrder ? inThisOrder(wanted, made) : inAnyOrder(wanted, made);
  const unexpected = wanted
    .filter(({ max, ...want }) => made.filter((use) => isOf(want, use)).length > max)
    .map(({ said }) => said);
  const others = only ? left.filter((use) => !wanted.some((want) => isOf(want, use))) : [];
  const all = [...unexpected, ...others.map(shown)];
  if (missing.length === 0 && all.length === 0) return true;
  return { value: false, metadata: { missing, unexpected: all, calls: made.map(shown) } };
}

interface Found {
  readonly missing: Json[];
  /** What no entry has needed. */
  readonly left: readonly ToolUse[];
}

function inAnyOrder(wanted: readonly Wanted[], made: readonly ToolUse[]): Found {
  const left = [...made];
  const missing: Json[] = [];
  // Those with arguments come first: one that takes any arguments must not use up the call of another.
  for (const want of wanted.toSorted((a, b) => Number(b.fits !== undefined) - Number(a.fits !== undefined))) {
    for (let time = 0; time < want.min; time += 1) {
      const at = left.findIndex((use) => isOf(want, use));
      if (at === -1) {
        missing.push(want.said);
        break;
      }
      left.splice(at, 1);
    }
  }
  return { missing, left };
}

function inThisOrder(wanted: readonly Wanted[], made: readonly ToolUse[]): Found {
  const left: ToolUse[] = [];
  const missing: Json[] = [];
  let next = 0;
  for (const want of wanted) {
    for (let time = 0; time < want.min; time += 1) {
      const at = made.findIndex((use, index) => index >= next && isOf(want, use));
      if (at === -1) {
        missing.push(want.said);
        break;
      }
      left.push(...made.slice(next, at));
      next = at + 1;
    }
  }
  return { missing, left: [...left, ...made.slice(next)] };
}

function isOf({ name, fits }: WantedCall, use: ToolUse): boolean {
  return use.name === name && fits?.(use) !== false;
}

function shown({ name, written }: ToolUse): Json {
  return { name, arguments: written };
}

function toolUsesIn(calls: unknown, wanted: readonly Wanted[]): ToolUse[] {
  const uses = requireCalls(calls).flatMap(({ resource, isKnown, error, toolCalls }) => {
    if (!isKnown && error === undefined)
      throw new TypeError(
        `it is not known what was said in a call of ${resource}: nothing of it was kept (transcripts), or its client reports no more than reportCall() does`,
      );
    return toolCalls;
  });
  const cut = uses.find(
    (use) => use.cut !== undefined && wanted.some(({ name, fits }) => name === use.name && fits),
  );
  if (cut === undefined) return uses;
  throw new TypeError(`the arguments of a call of ${cut.name} were too long to be kept as a whole`);
}

/**
 * The calls that a scorer was given.
 *
 * @throws TypeError for anything else.
 */
export function requireCalls(calls: unknown): readonly CallTranscript[] {
  const isCalls =
    Array.isArray(calls) && calls.every((call) => isObject(call) && Array.isArray(call['toolCalls']));
  if (isCalls) return calls as CallTranscript[];
  throw new TypeError(`the answer is ${kindOf(calls)}; it must be the calls of a sample, context.calls`);
}

function read(expected: unknown): { wanted: Wanted[]; inOrder: boolean; only: boolean } {
  if (!isObject(expected) || !('tools' in expected)) {
    const list = [expected].flat();
    return { wanted: list.map(wantedUse), inOrder: false, only: list.length === 0 };
  }
  requireKnown(expected, ['tools', 'inOrder', 'only']);
  const { tools, inOrder = false, only = false } = expected;
  if (!Array.isArray(tools))
    throw new TypeError(
      `tools is ${kindOf(tools)}; it must be a list of names, or of { name, arguments, times }`,
    );
  for (const [name, value] of Object.entries({ inOrder, only }))
    if (typeof value !== 'boolean')
      throw new TypeError(`${name} is ${showValue(value)}; it must be true or false`);
  return {
    wanted: tools.map(wantedUse),
    inOrder: inOrder === true,
    only: only === true || tools.length === 0,
  };
}

function wantedUse(given: unknown): Wanted {
  const use = typeof given === 'string' ? { name: given } : given;
  const wanted = wantedCall(use, ['name', 'arguments', 'times']);
  return { ...wanted, ...limitsOf((use as ExpectedToolUse).times), said: given as Json };
}

function limitsOf(times: unknown = { min: 1 }): Pick<Wanted, 'min' | 'max'> {
  if (isObject(times)) requireKnown(times, ['min', 'max']);
  const { min = 0, max = Infinity } = isObject(times) ? times : { min: times, max: times };
  if (isCount(min) && (isCount(max) || max === Infinity) && min <= max) return { min, max };
  throw new TypeError(`times is ${showValue(times)}; it must be a whole number, or { min, max }`);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
