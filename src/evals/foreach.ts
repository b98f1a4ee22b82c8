// Not the globals: tests may put fake timers in their place.
import { clearTimeout, setTimeout } from 'node:timers';
import { maxTimerMs } from '../pattern/constraints';
import { isModelProviderError, messageOf, ModelProviderError } from '../pattern/errors';
import { jestGlobals } from '../pattern/jest-globals';
import { currentBlock, type LeasedBlock } from '../pattern/leased-block';
import { currentRealm } from '../pattern/realm';
import { parseColumns, type SampleOf } from './columns';
import { readSamples, type DataSet, type Sample } from './data-sets/data-set';
import { evalRecordType, type EvalRecord } from './eval-record';
import { Result, type Score } from './result';
import { runConcurrently } from './run-concurrently';
import { summarizeScores } from './summarize';

/** What a sample's function gets besides its sample. */
export interface SampleContext<Client = unknown> {
  /** The client of the enclosing `withClient` block. */
  readonly client: Client;
  /** The label of the block's model. */
  readonly model: string;
  /** Aborted when the sample's time is up: pass it to the model. */
  readonly signal: AbortSignal;
}

/** Options of {@link foreach}. */
export interface ForeachOptions {
  /** The test's title; by default it names the columns. */
  readonly title?: string;
  /** Samples in flight at once; 4 by default. */
  readonly concurrency?: number;
  /** Milliseconds one sample may take; 60,000 by default. */
  readonly timeoutMs?: number;
}

const errorsShown = 5;

/**
 * Evaluates every row of a data set in one Jest test. A wrong answer is data, not a red test; a sample that throws, one that
 * times out, an empty data set and a row that cannot be read are red. The scores go to the run's report.
 *
 * @param columns names of columns, `'question, answer'`; a single column is passed as its bare value.
 * @param dataset rows: objects, arrays in the order of the columns, or bare values for one column. Any iterable or async iterable,
 *   such as {@link jsonl} and {@link csv} give, or a function that gives one. A row is read when a sample can start.
 * @throws ModelProviderError `EVAL_INVALID` for bad columns or options; the test fails with `EVAL_FAILED`.
 * @example
 * foreach('question, answer', dataset, async ({ question, answer }) => {
 *   const reply = await handle.client.generate(question);
 *   return new Result(reply.text, exactMatch(reply.text, answer));
 * });
 */
export function foreach<const Columns extends string, Row>(
  columns: Columns,
  dataset: DataSet<Row>,
  fn: (sample: SampleOf<Columns, Row>, context: SampleContext) => Promise<Result> | Result,
  options: ForeachOptions = {},
): void {
  const columnNames = parseColumns(columns);
  const { title = `foreach ${columnNames.join(', ')}`, concurrency = 4, timeoutMs = 60_000 } = options;
  requireWhole('concurrency', concurrency);
  requireWhole('timeoutMs', timeoutMs);
  const block = currentBlock();
  const run = async (): Promise<void> => {
    refuseRetries();
    refuseSameName(title);
    const samples = readSamples(columnNames, dataset);
    try {
      const first = await samples.next();
      if (first.done === true)
        throw new ModelProviderError(
          'EVAL_FAILED',
          `"${title}": the data set is empty, so nothing was evaluated.`,
        );
      await block?.ready();
      const outcomes: Outcome[] = [];
      await runConcurrently(startingWith(first.value, samples), concurrency, async (sample) => {
        outcomes[sample.index] = await runSample(sample, fn, block, timeoutMs);
      });
      report(title, block?.label ?? '', outcomes);
    } finally {
      await samples.return();
    }
  };
  currentRealm()
    .host()
    .registerLazily(() => jestGlobals().test(title, run, maxTimerMs));
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield first;
  yield* rest;
}

type Outcome = { readonly scores: readonly Score[] } | { readonly label: string; readonly error: unknown };

async function runSample(
  { index, label, cells }: Sample,
  fn: (cells: never, context: SampleContext) => Promise<Result> | Result,
  block: LeasedBlock | undefined,
  timeoutMs: number,
): Promise<Outcome> {
  const abort = new AbortController();
  const context: SampleContext = {
    get client() {
      return block?.handle.client;
    },
    model: block?.label ?? '',
    signal: abort.signal,
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    // The answer that comes after the time is up is void: the race is over.
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new ModelProviderError('EVAL_FAILED', `took longer than its ${timeoutMs} ms`);
        abort.abort(error);
        reject(error);
      }, timeoutMs);
    });
    const work = currentRealm()
      .host()
      .runAs(`sample ${index}`, async () => fn(cells as never, context));
    const result = await Promise.race([work, late]);
    return { scores: scoresOf(result) };
  } catch (error) {
    return { label, error };
  } finally {
    clearTimeout(timer);
  }
}

function scoresOf(result: unknown): readonly Score[] {
  if (result instanceof Result) return result.scores;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `returned ${typeof result}; return new Result(response, ...scores)`,
  );
}

function report(title: string, model: string, outcomes: readonly Outcome[]): void {
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  const scores = outcomes.flatMap((outcome) => ('scores' in outcome ? outcome.scores : []));
  const record: EvalRecord = {
    title,
    model,
    samples: outcomes.length,
    errors: errors.length,
    scores: summarizeScores(scores),
  };
  currentRealm()
    .host()
    .record({ type: evalRecordType, data: record as never });
  if (errors.length === 0) return;
  const lost = errors.find(({ error }) => isModelProviderError(error, 'RESOURCE_LOST'));
  if (lost !== undefined) throw lost.error;
  const shown = errors
    .slice(0, errorsShown)
    .map(({ label, error }) => `- sample ${label}: ${messageOf(error)}`);
  const more = errors.length > errorsShown ? [`- and ${errors.length - errorsShown} more`] : [];
  throw new ModelProviderError(
    'EVAL_FAILED',
    [`"${title}": ${errors.length} of ${outcomes.length} samples failed.`, ...shown, ...more].join('\n'),
    {
      cause: errors[0]?.error,
      details: { title, model, errors: errors.length, samples: outcomes.length },
    },
  );
}

const names = new Set<string | undefined>();

/** Two evaluations of one name could not be told apart in any report. */
function refuseSameName(title: string): void {
  const name = jestGlobals().expect.getState().currentTestName;
  if (names.has(name)) {
    throw new ModelProviderError(
      'EVAL_INVALID',
      `Two evaluations of this file are called "${title}" in the same block: give one another title, foreach(columns, dataset, fn, { title }).`,
    );
  }
  names.add(name);
}

// Running a failed evaluation again until it passes would choose among results by chance.
function refuseRetries(): void {
  const retries = Number((globalThis as { [key: symbol]: unknown })[Symbol.for('RETRY_TIMES')] ?? 0);
  if (retries === 0) return;
  throw new ModelProviderError(
    'EVAL_INVALID',
    'foreach() inside jest.retryTimes() would bias its scores: retry inside the sample, or not at all.',
  );
}

function requireWhole(option: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxTimerMs) return;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `foreach(): ${option} is ${String(value)}; it must be a whole number of at least 1.`,
  );
}
