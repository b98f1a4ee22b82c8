/** How an answer ended. */
export type AnswerEnd = 'stop' | 'tools' | 'cut' | 'filtered' | 'refused' | 'unknown';

// OpenAI's words, and those of the services that many gateways pass on as they are: Anthropic, Bedrock,
// Gemini, Mistral. https://platform.openai.com/docs/api-reference/chat/object,
// https://docs.anthropic.com/en/api/handling-stop-reasons,
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
// https://ai.google.dev/api/generate-content#FinishReason, https://docs.mistral.ai/api/
const words: Readonly<Record<Exclude<AnswerEnd, 'unknown'>, readonly string[]>> = {
  stop: ['stop', 'end_turn', 'stop_sequence', 'eos'],
  tools: ['tool_calls', 'function_call', 'tool_use'],
  cut: ['length', 'max_tokens', 'max_output_tokens', 'model_length', 'model_context_window_exceeded'],
  filtered: [
    ...['content_filter', 'content_filtered', 'guardrail_intervened', 'safety', 'recitation', 'blocklist'],
    ...['prohibited_content', 'spii', 'language'],
  ],
  refused: ['refusal'],
};

const ends = new Map(
  Object.entries(words).flatMap(([end, all]) => all.map((word) => [word, end as AnswerEnd])),
);

/** What a server's finish reason means; `unknown` for none, and for a word that is not known. */
export function answerEnd(finishReason: string | undefined): AnswerEnd {
  return ends.get(finishReason?.toLowerCase() ?? '') ?? 'unknown';
}
