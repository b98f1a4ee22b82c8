import type { Answer, ToolCall } from '../../answers/answer';
import { firstChoice } from '../../answers/read-answer';
import { readToolCalls } from '../../answers/tool-calls';
import { showValue } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { defineScorer, type Judgement } from './define-scorer';
import { wantedCall, type ExpectedToolCall } from './expected-tool-call';

/**
 * What names the tools that a model calls: a reply of `generate()`, or a chat completion of OpenAI's format,
 * such as its `raw`.
 */
export type ToolCallAnswer = Pick<Answer, 'toolCalls'> | ToolCallCompletion;

/** The part of a chat completion of OpenAI's format that names the tools which the model calls. */
export interface ToolCallCompletion {
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

/**
 * Whether the model calls the expected tool with the expected arguments, or all of several in any order, and
 * nothing else; an empty list expects that it calls none. Arguments that are no JSON object are wrong. The metadata
 * has the `calls` of a wrong answer.
 *
 * @throws ModelProviderError `SCORER_FAILED` if the answer is no reply and no completion, or what is expected is no call.
 * @example
 * const reply = await handle.client.generate('Weather in Oslo?', { tools });
 * toolCall(reply, { name: 'weather', arguments: { city: 'Oslo' } });
 * toolCall(reply, { name: 'post', arguments: '{"id": 9007199254740993}' });
 */
export const toolCall = defineScorer('toolCall', judge);

function judge(answer: ToolCallAnswer, expected: ExpectedToolCall | readonly ExpectedToolCall[]): Judgement {
  const wanted = [expected].flat().map((call) => wantedCall(call, ['name', 'arguments']));
  const calls = toolCallsIn(answer);
  const left = [...calls];
  // Calls with arguments come first: one that takes any arguments must not use up the call of another.
  for (const call of wanted.sort((a, b) => Number(b.fits !== undefined) - Number(a.fits !== undefined))) {
    const index = left.findIndex((made) => made.name === call.name && call.fits?.(made) !== false);
    if (index === -1) return wrong(calls);
    left.splice(index, 1);
  }
  return left.length === 0 ? true : wrong(calls);
}

function wrong(calls: readonly ToolCall[]): Judgement {
  return {
    value: false,
    metadata: { calls: calls.map(({ name, written }) => ({ name, arguments: written })) },
  };
}

function toolCallsIn(answer: unknown): readonly ToolCall[] {
  const { toolCalls, choices } = (answer ?? {}) as { toolCalls?: readonly ToolCall[]; choices?: unknown };
  if (Array.isArray(toolCalls)) return toolCalls.map(requireToolCall);
  if (!Array.isArray(choices))
    throw new TypeError(
      `the answer is ${kindOf(answer)}; it must be a reply of generate(), or a chat completion such as reply.raw`,
    );
  const message = firstChoice(answer)?.['message'];
  return typeof message === 'object' && message !== null ? readToolCalls({ ...message }) : [];
}

/** The calls of other SDKs have other names for the same, and would all be wrong. */
function requireToolCall(call: unknown): ToolCall {
  const { name, written } = (call ?? {}) as Partial<ToolCall>;
  if (typeof name === 'string' && typeof written === 'string') return call as ToolCall;
  throw new TypeError(
    `a call of the answer is ${showValue(call)}; it must be { name, arguments, written }, as those of a reply of generate()`,
  );
}
