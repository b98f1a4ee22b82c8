import './runtime';

export { modelProviders, type ModelProviders } from './pattern/model-providers';
export { withClient } from './pattern/blocks/with-client';
export { withClients, type NamedHandles, type NamedSpecs } from './pattern/blocks/with-clients';
export type { WithClientOptions } from './pattern/blocks/register-block';
export type { LeaseScope } from './pattern/lease-scope';
export { defineProviders, type ProviderMap } from './pattern/registry';
export { ModelProvider, type Resource, type SetupOptions } from './pattern/model-provider';
export { ResourceHandle } from './pattern/resource-handle';
export { LazyHandle } from './pattern/lazy-handle';
export type { ProviderConstraints } from './pattern/constraints';
export type { DeviceNeed } from './pattern/device-need';
export type {
  ClientContext,
  DependencyLease,
  LaunchOptions,
  ProcessExit,
  ResourceContext,
  ServerProcess,
  SleepSteps,
} from './pattern/resource-context';
export { reportCall, type CallFacts, type TokenCounts } from './pattern/model-calls';
export type { Json } from './base/json';
export type { ModelInput, ResourceRequest, ResourceSpec } from './pattern/resource-spec';
export type {
  BuiltInClients,
  BuiltInConnections,
  ClientOf,
  ConnectionOf,
  KnownSpec,
  Register,
} from './pattern/client-types';
export {
  errorCodes,
  isModelProviderError,
  ModelProviderError,
  type ErrorCode,
  type ErrorDetails,
} from './base/errors';

export { DatabaseProvider } from './providers/database/provider';
export type { DatabaseConfig, DatabaseIsolation, DatabaseOptions } from './providers/database/options';
export type { DatabaseSchema } from './providers/database/schema/load-schema';
export type {
  DatabaseAddress,
  DatabaseClient,
  DatabaseConnection,
  DatabasePool,
} from './providers/postgres-server/client';
export { EmbeddedProvider } from './providers/embedded/provider';
export type { EmbeddedOptions } from './providers/embedded/options';
export { LlamaServerProvider } from './providers/llama-server/provider';
export type { LlamaServerConfig, LlamaServerOptions } from './providers/llama-server/options';
export { OpenAICompatibleProvider } from './providers/openai-compatible/provider';
export type { OpenAICompatibleOptions } from './providers/openai-compatible/options';
export { VLLMProvider } from './providers/vllm/provider';
export type { VLLMConfig, VLLMOptions } from './providers/vllm/options';
export type {
  ChatCompletion,
  ChatMessage,
  PromptMessage,
  Tool,
} from './providers/openai-compatible/chat-completion';
export { ModelClient, type GenerateOptions, type Generation } from './providers/openai-compatible/client';
export type { OpenAIClient, OpenAINotInstalled } from './providers/openai-compatible/driver';
export type { Answer, ToolCall, Usage } from './answers/answer';
export type { AnswerStream } from './answers/answer-stream';
export type { ReasoningOption } from './answers/read-answer';
export { withoutReasoning } from './answers/reasoning';

export { foreach, type Foreach, type RegisterEvaluation } from './evals/foreach';
export type { ForeachOptions } from './evals/execution/foreach-options';
export type { SampleContext } from './evals/execution/attempt';
export { rescore, type RescoreOptions } from './evals/rescore';
export type { CallTranscript, ToolUse } from './evals/transcripts/call-transcript';
export type { MadeCallFacts } from './evals/transcripts/made-call';
export type {
  CallMessage,
  CallTool,
  ContentPart,
  Conversation,
  MediaPart,
  MessagePart,
  OtherPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from './evals/transcripts/conversation';
export { Result, type Score } from './evals/scorers/result';
export type { Returned } from './evals/scorers/returned';
export type { DataSet } from './evals/data-sets/data-set';
export { csv, type CsvOptions } from './evals/data-sets/csv';
export { jsonl, type JsonlOptions } from './evals/data-sets/jsonl';
export { parquet } from './evals/data-sets/parquet';
export { choice, type ExpectedChoice } from './evals/scorers/choice';
export type { ExpectedText, IgnoredDifference, TextOptions } from './evals/scorers/texts/expected-text';
export type { ReasoningChoice } from './evals/scorers/texts/answer-text';
export {
  defineScorer,
  type Check,
  type Judgement,
  type Scorer,
  type ScorerOptions,
} from './evals/scorers/define-scorer';
export { exactMatch } from './evals/scorers/exact-match';
export { fromAutoevals, type AutoevalsScore, type AutoevalsScorer } from './evals/scorers/from-autoevals';
export { includes, type ExpectedParts } from './evals/scorers/includes';
export { judge, type JudgeClient, type JudgeOptions } from './evals/scorers/judge';
export { levenshtein } from './evals/scorers/levenshtein';
export { matches } from './evals/scorers/matches';
export { numeric, type ExpectedNumber } from './evals/scorers/numeric';
export { toolCall, type ToolCallAnswer, type ToolCallCompletion } from './evals/scorers/tool-call';
export type { ExpectedToolCall } from './evals/scorers/expected-tool-call';
export { calledTools, type ExpectedToolUse, type ExpectedToolUses } from './evals/scorers/called-tools';
export { callsAtMost, tokensAtMost } from './evals/scorers/call-limits';
export { validJson, type ExpectedJson, type JsonSchema } from './evals/scorers/valid-json';
export type { ScoreMatchers, ToScoreOptions } from './evals/matchers';

export type { Interval } from './evals/statistics/interval';
export type { ScoreRange } from './evals/statistics/range';
export type { SampleScore, ScoreKind } from './evals/statistics/sample-score';
export { wilsonInterval } from './evals/statistics/wilson';
export { tInterval } from './evals/statistics/t-interval';
export { bootstrapInterval, type BootstrapOptions } from './evals/statistics/bootstrap';
export { standardError, type StandardError } from './evals/statistics/standard-error';
export { estimate, type Estimate, type EstimateOptions } from './evals/statistics/estimate';
export { mean } from './evals/statistics/moments';
export { passAll, passAt, reduceTrials, type TrialReducer, type TrialScore } from './evals/statistics/trials';
export { compare, type CompareOptions, type Comparison } from './evals/statistics/compare';
export { compareAll, type AdjustedComparison } from './evals/statistics/compare-all';
export { mcnemar } from './evals/statistics/mcnemar';
export { permutationTest, type PermutationOptions } from './evals/statistics/permutation-test';
export { holm } from './evals/statistics/holm';
export { detectableDifference } from './evals/statistics/detectable-difference';
export {
  type Gate,
  type GatedScore,
  type GateOutcome,
  type GateSummary,
  type GateVerdict,
  type ScoreGate,
} from './evals/statistics/gate';
export { evaluateGate } from './evals/statistics/evaluate-gate';
export { type ModelConnection } from './pattern/model-connection';
