import { stableStringify, type Json } from '../../pattern/json';
import { kindOf } from '../kind-of';
import { requireKnown } from '../require-known';
import { defineScorer, type Judgement } from './define-scorer';

/** The part of a chat completion of OpenAI's format that names the tools which the model calls: `reply.raw` of a `Generation`. */
export interface ToolCallAnswer {
  readonly choices: readonly {
    readonly message: {
      readonly tool_calls?:
        | readonly {
            readonly type: string;
            readonly function?: { readonly name: string; readonly arguments: string };
          }[]
        | null
        | undefined;
    };
  }[];
}

/** A call that is expected of the model. */
export interface ExpectedToolCall {
  readonly name: string;
  /** Compared as JSON, whatever the order of the keys; any arguments are right if it is left out. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/**
 * Whether the model calls the expected tool with the expected arguments, or all of several in any order, and nothing else; an
 * empty list expects that it calls none. Arguments that are not JSON are wrong. The metadata has the `calls` of a wrong answer.
 *
 * @throws ModelProviderError `SCORER_FAILED` if the answer is no completion, or what is expected is no call.
 * @example
 * const reply = await handle.client.generate('Weather in Oslo?', { extra: { tools } });
 * toolCall(reply.raw, { name: 'weather', arguments: { city: 'Oslo' } });
 */
export const toolCall = defineScorer('toolCall', judge);

function judge(answer: ToolCallAnswer, expected: ExpectedToolCall | readonly ExpectedToolCall[]): Judgement {
  const wanted = [expected].flat().map(requireCall);
  const calls = callsOf(answer);
  const left = [...calls];
  // Those that say more come first, lest one that takes any arguments takes another's call.
  for (const call of wanted.sort((a, b) => Number(b.json !== undefined) - Number(a.json !== undefined))) {
    const index = left.findIndex(
      ({ name, json }) => name === call.name && (call.json === undefined || json === call.json),
    );
    if (index === -1) return wrong(calls);
    left.splice(index, 1);
  }
  return left.length === 0 ? true : wrong(calls);
}

interface Call {
  readonly name: string;
  /** The arguments in one order of keys; undefined for any, or for those that are no JSON. */
  readonly json: string | undefined;
  readonly written?: string;
}

function wrong(calls: readonly Call[]): Judgement {
  return {
    value: false,
    metadata: { calls: calls.map(({ name, written }) => ({ name, arguments: written })) },
  };
}

function callsOf(answer: unknown): Call[] {
  const { choices } = (answer ?? {}) as Partial<ToolCallAnswer>;
  if (!Array.isArray(choices))
    throw new TypeError(`the answer is ${kindOf(answer)}; it must be a chat completion, such as reply.raw`);
  const calls = (choices as ToolCallAnswer['choices'])[0]?.message.tool_calls ?? [];
  return calls.flatMap(({ function: called }) =>
    called === undefined
      ? []
      : [{ name: called.name, json: canonical(called.arguments), written: called.arguments }],
  );
}

// A call without arguments is sent as an empty text by some servers.
function canonical(written: string): string | undefined {
  try {
    return stableStringify(JSON.parse(written === '' ? '{}' : written) as Json);
  } catch {
    return undefined;
  }
}

function requireCall(call: unknown): Call {
  const { name, arguments: given } = (call ?? {}) as Partial<ExpectedToolCall>;
  if (typeof name !== 'string')
    throw new TypeError(`expected is ${kindOf(call)}; it must be { name, arguments }, or a list of them`);
  requireKnown(call as object, ['name', 'arguments']);
  return { name, json: given === undefined ? undefined : canonical(JSON.stringify(given)) };
}
