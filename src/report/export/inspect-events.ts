import type { Json } from '../../base/json';
import type { SampleRecord } from '../../evals/log/log-record';
import type { Conversation } from '../../evals/transcripts/conversation';
import type { MadeCall, MadeCallFacts } from '../../evals/transcripts/made-call';
import { inspectAnswer, inspectMessages, inspectTool, stopReason } from './inspect-messages';

const unknown: Conversation = { messages: [], tools: [], options: {} };

/**
 * A call as a model event: https://inspect.aisi.org.uk/reference/inspect_ai.event.html#modelevent
 *
 * @param number its place among the calls of the sample.
 */
export function modelEvent(call: MadeCall, { id, trial, at: begin }: SampleRecord, number: number): Json {
  const { facts } = call;
  const {
    messages,
    tools,
    options,
    answer,
    otherAnswers = [],
    model,
    answeredBy,
  } = call.conversation() ?? unknown;
  const { at, ms, retries, error, resource, path, status, replayed = false } = facts;
  const seconds = replayed ? undefined : ms / 1000;
  const answers = answer === undefined ? [] : [answer, ...otherAnswers];
  return {
    event: 'model',
    uuid: `${id}/${trial}/${begin}/${number}`,
    timestamp: new Date(at).toISOString(),
    working_start: Math.max(0, at - begin) / 1000,
    completed: new Date(at + ms).toISOString(),
    ...(seconds !== undefined && { working_time: seconds }),
    model: model ?? resource,
    role: resource,
    input: messages.flatMap(inspectMessages),
    tools: tools.map(inspectTool),
    tool_choice: 'auto',
    config: configOf(options),
    output: {
      model: answeredBy ?? model ?? resource,
      choices: answers.map((message) => ({
        message: inspectAnswer(message),
        stop_reason: stopReason(facts),
      })),
      ...(facts.usage !== undefined && { usage: usageOf(facts.usage) }),
      ...(seconds !== undefined && { time: seconds }),
    },
    ...(retries !== undefined && { retries }),
    ...(error !== undefined && { error }),
    ...(replayed && { cache: 'read' }),
    metadata: { path: path ?? null, status: status ?? null },
  };
}

/** The conversation as the last call of a sample leaves it; undefined if it is not known. */
export function conversationAfter(last: MadeCall | undefined): Json[] | undefined {
  const said = last?.conversation();
  if (said === undefined) return undefined;
  return [
    ...said.messages.flatMap(inspectMessages),
    ...(said.answer === undefined ? [] : [inspectAnswer(said.answer)]),
  ];
}

function usageOf({
  promptTokens,
  completionTokens,
  cachedTokens,
}: NonNullable<MadeCallFacts['usage']>): Json {
  return {
    // Theirs are without those that the server had read before.
    input_tokens: promptTokens - (cachedTokens ?? 0),
    output_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(cachedTokens !== undefined && { input_tokens_cache_read: cachedTokens }),
  };
}

function configOf(options: Conversation['options']): Json {
  const numbers = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty'] as const;
  const wholes = ['max_tokens', 'seed', 'top_k'] as const;
  const of = (names: readonly string[], fits: (value: unknown) => boolean): [string, Json][] =>
    names.flatMap((name): [string, Json][] => {
      const value = options[name];
      return value !== undefined && fits(value) ? [[name, value]] : [];
    });
  return Object.fromEntries([...of(numbers, Number.isFinite), ...of(wholes, Number.isSafeInteger)]);
}
