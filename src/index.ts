import './realm';

export { modelProviders, type ModelProviders } from './pattern/model-providers';
export { withClient } from './pattern/with-client';
export { withClients, type NamedHandles, type NamedSpecs } from './pattern/with-clients';
export type { WithClientOptions } from './pattern/register-block';
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
export type { Json } from './pattern/json';
export type { ModelInput, ResourceRequest, ResourceSpec } from './pattern/resource-spec';
export type { BuiltInClients, ClientOf, KnownSpec, Register } from './pattern/client-types';
export {
  errorCodes,
  isModelProviderError,
  ModelProviderError,
  type ErrorCode,
  type ErrorDetails,
} from './pattern/errors';

export {
  DatabaseProvider,
  type DatabaseConfig,
  type DatabaseIsolation,
  type DatabaseOptions,
  type DatabaseSchema,
} from './providers/database/provider';
export type { DatabaseClient, DatabaseConnection, DatabasePool } from './providers/database/client';
export { EmbeddedProvider, type EmbeddedOptions } from './providers/embedded/provider';
export {
  LlamaServerProvider,
  type LlamaServerConfig,
  type LlamaServerOptions,
} from './providers/llama-server/provider';
export {
  OpenAICompatibleProvider,
  type OpenAICompatibleOptions,
} from './providers/openai-compatible/provider';
export { VLLMProvider, type VLLMConfig, type VLLMOptions } from './providers/vllm/provider';
export {
  ModelClient,
  type ChatMessage,
  type GenerateOptions,
  type Generation,
  type ModelConnection,
  type Usage,
} from './providers/openai-compatible/client';

export { foreach, type Foreach, type RegisterEvaluation } from './evals/foreach';
export type { ForeachOptions } from './evals/foreach-options';
export type { SampleContext } from './evals/run-trial';
export { rescore, type RescoreOptions } from './evals/rescore';
export { Result, type Score } from './evals/result';
export type { Returned } from './evals/returned';
export type { DataSet } from './evals/data-sets/data-set';
export { csv } from './evals/data-sets/csv';
export { jsonl } from './evals/data-sets/jsonl';
export { parquet } from './evals/data-sets/parquet';
export { choice, type ExpectedChoice } from './evals/scorers/choice';
export { defineScorer, type Check, type Judgement, type Scorer } from './evals/scorers/define-scorer';
export { exactMatch } from './evals/scorers/exact-match';
export { fromAutoevals, type AutoevalsScore, type AutoevalsScorer } from './evals/scorers/from-autoevals';
export { includes } from './evals/scorers/includes';
export { judge, type JudgeClient, type JudgeOptions } from './evals/scorers/judge';
export { levenshtein } from './evals/scorers/levenshtein';
export { matches } from './evals/scorers/matches';
export { numeric, type ExpectedNumber } from './evals/scorers/numeric';
export { toolCall, type ExpectedToolCall, type ToolCallAnswer } from './evals/scorers/tool-call';
export { validJson, type JsonSchema } from './evals/scorers/valid-json';
export type { ScoreMatchers, ToScoreOptions } from './evals/matchers';

export type { Interval } from './evals/statistics/interval';
export type { SampleScore } from './evals/statistics/sample-score';
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
  evaluateGate,
  type Gate,
  type GatedScore,
  type GateOutcome,
  type GateSummary,
  type GateVerdict,
  type ScoreGate,
} from './evals/statistics/gate';
