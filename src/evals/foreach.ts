import { maxTimerMs } from '../pattern/constraints';
import { ModelProviderError } from '../base/errors';
import { printable } from '../base/printable';
import { jestGlobals } from '../pattern/blocks/jest-globals';
import { currentBlock } from '../pattern/blocks/leased-block';
import { currentRuntime } from '../pattern/runtime';
import { noteLoadedModules } from './execution/code-version';
import { parseColumns, type AnyRow, type SampleOf } from './data-sets/columns';
import type { DataSet } from './data-sets/data-set';
import { requireEvalRun } from './execution/require-eval-run';
import { evaluatedIn } from './execution/evaluation-plan';
import { evaluate } from './execution/evaluation';
import { checkOptions, type ForeachOptions } from './execution/foreach-options';
import type { Returned } from './scorers/returned';
import type { SampleContext } from './execution/attempt';
import { samplesOf } from './execution/sample-source';

/** Registers one evaluation as a Jest test. */
export interface RegisterEvaluation {
  /**
   * @param columns names of columns, `'question, answer'`; a single column is passed as its bare value.
   * @param dataset rows: objects, arrays in the order of the columns, or bare values for one column. Any
   *   iterable or async iterable, such as {@link jsonl}, {@link csv} and {@link parquet} give, or a function
   *   that gives one. A row is read when a sample can start.
   * @param fn answers a sample: it returns a {@link Result}, a bare score, or right and wrong.
   * @throws ModelProviderError `EVAL_INVALID` for bad columns or options; the test fails with `EVAL_FAILED`.
   */
  <const Columns extends string, Row extends AnyRow>(
    columns: Columns,
    dataset: DataSet<Row>,
    fn: (sample: SampleOf<Columns, Row>, context: SampleContext) => Promise<Returned> | Returned,
    options?: ForeachOptions<Row>,
  ): void;
}

/** See {@link foreach}. */
export interface Foreach extends RegisterEvaluation {
  /** Runs this evaluation, and no other test of the file. */
  readonly only: RegisterEvaluation;
  /** Does not run this evaluation. */
  readonly skip: RegisterEvaluation;
  /** Notes an evaluation that has yet to be written. */
  todo(title: string): void;
}

/**
 * Evaluates every row of a data set in one Jest test. A wrong answer is data, not a red test; a sample that
 * throws, one that times out, an empty data set, a row that cannot be read and a gate that is not passed are
 * red. Each sample is logged when it ends, and the scores go to the run's report.
 *
 * @example
 * foreach('question, answer', dataset, async ({ question, answer }) => {
 *   const reply = await handle.client.generate(question);
 *   return new Result(reply.text, exactMatch(reply.text, answer));
 * }, { gate: { exactMatch: { min: 0.8 } } });
 */
export const foreach: Foreach = Object.assign(registering('test'), {
  only: registering('only'),
  skip: registering('skip'),
  todo: (title: string) => jestGlobals().test.todo(title),
});

type Mode = 'test' | 'only' | 'skip';

function registering(mode: Mode): RegisterEvaluation {
  return (columns, dataset, fn, options = {}) => {
    const names = parseColumns(columns);
    const checked = checkOptions('foreach()', options);
    if (typeof fn !== 'function')
      throw new ModelProviderError(
        'EVAL_INVALID',
        `foreach(): the third argument is ${typeof fn}; it must be the function that answers a sample.`,
      );
    const source = samplesOf(names, dataset as DataSet<never>);
    // Jest prints it as it is.
    const title = printable(options.title ?? defaultTitle(names, source.name));
    const block = currentBlock();
    const evaluated = evaluatedIn(block);
    const run = async (): Promise<void> => {
      refuseRetries();
      const name = ownName(title);
      await evaluate(
        {
          title,
          name,
          specFile: specFile(),
          model: evaluated?.label ?? '',
          evaluated,
          block,
          source,
          fn: fn,
          options: checked,
        },
        requireEvalRun('foreach()'),
      );
    };
    noteLoadedModules(dataset);
    const { test } = jestGlobals();
    const register = mode === 'test' ? test : test[mode];
    currentRuntime()
      .session()
      .registerLazily(() => register(title, run, maxTimerMs));
  };
}

function defaultTitle(columns: readonly string[], dataset: string): string {
  const source = dataset.includes('.') ? ` in ${dataset}` : '';
  return `foreach ${columns.join(', ')}${source}`;
}

function specFile(): string {
  return jestGlobals().expect.getState().testPath ?? '';
}

const names = new Set<string>();

/** The full name of the running test. Two evaluations of one name could not be told apart in any report. */
function ownName(title: string): string {
  const name = jestGlobals().expect.getState().currentTestName ?? title;
  if (names.has(name)) {
    throw new ModelProviderError(
      'EVAL_INVALID',
      `Two evaluations of this file are called "${title}" in the same block: give one another title, foreach(columns, dataset, fn, { title }).`,
    );
  }
  names.add(name);
  return name;
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
