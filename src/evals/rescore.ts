import { maxTimerMs } from '../pattern/constraints';
import { ModelProviderError } from '../base/errors';
import { printable } from '../base/printable';
import { jestGlobals } from '../pattern/blocks/jest-globals';
import { nearest } from '../base/nearest';
import { dirname, join } from '../base/path';
import { currentRuntime } from '../pattern/runtime';
import { noteLoadedModules } from './execution/code-version';
import type { Sample } from './data-sets/data-set';
import { evaluate } from './execution/evaluation';
import { requireEvalRun } from './execution/require-eval-run';
import { checkOptions, type ForeachOptions } from './execution/foreach-options';
import { logsOf } from './log/log-path';
import { logSchema, type SampleRecord } from './log/log-record';
import { readLog, type EvalLog } from './log/read-log';
import { callsInLog, transcriptsOf } from './log/read-transcripts';
import { Result, type Score } from './scorers/result';
import { judged } from './scorers/returned';
import type { MadeCall } from './transcripts/made-call';
import type { SampleContext } from './execution/attempt';
import type { SampleSource } from './execution/sample-source';

const { createHash } = process.getBuiltinModule('node:crypto');
const { existsSync, readdirSync } = process.getBuiltinModule('node:fs');

/** Options of {@link rescore}. */
export type RescoreOptions = Pick<
  ForeachOptions,
  'title' | 'concurrency' | 'timeoutMs' | 'reduce' | 'gate' | 'statistics'
>;

const optionNames = ['title', 'concurrency', 'timeoutMs', 'reduce', 'gate', 'statistics'];

/** Judges a stored answer. */
type Rescorer<Input> = (
  input: Input,
  response: string,
  context: Pick<SampleContext, 'model' | 'signal' | 'trial' | 'sampleId' | 'calls' | 'log'>,
) => Scores | Promise<Scores>;

type Scores = Score | readonly Score[] | boolean | number;

/**
 * Judges the stored answers of an earlier run again, without any model. Registers a test for each model with
 * which the run has the evaluation. The new scores are logged in the present run, under the same model.
 * Samples that had ended in an error are errors again. `context.calls` are the stored calls of the sample, if the run has
 * kept transcripts, else what the log knows of them.
 *
 * @param run the name of the run, a folder of `.evals`.
 * @param title the title of the evaluation in that run.
 * @param fn gets what the sample's function had got, and what the model had answered.
 * @throws ModelProviderError `EVAL_INVALID` for a run or a title that does not exist, and for an evaluation
 *   that did not run to its end; `LOG_INVALID`.
 * @example
 * rescore('baseline', 'arithmetic', ({ answer }, response) =>
 *   numeric(response, { value: Number(answer), absolute: 0.5 }));
 */
export function rescore<Input = Record<string, string>>(
  run: string,
  title: string,
  fn: Rescorer<Input>,
  options: RescoreOptions = {},
): void {
  noteLoadedModules();
  // Options that are wrong for every log. Those that depend on the number of trials are checked for each log.
  checkOptions('rescore()', options, optionNames, maxTimerMs);
  const evals = requireEvalRun('rescore()');
  const logs = storedLogs(join(dirname(evals.directory), run), run, title);
  for (const log of logs) {
    const { model, file, name: storedName } = log.header;
    const trials = Number(log.header.options['trials'] ?? 1);
    const checked = checkOptions('rescore()', options, optionNames, trials);
    const isOnly = logs.every((other) => other === log || other.header.model !== model);
    const from = isOnly ? run : `${run}: ${file}, ${storedName}`;
    const name = printable(
      `${options.title ?? title}${options.title === undefined || !isOnly ? `, rescored from ${from}` : ''}`,
    );
    jestGlobals().describe(printable(model), () => {
      const test = async (): Promise<void> => {
        const { currentTestName = name, testPath = '' } = jestGlobals().expect.getState();
        const { stored, hash, callsOf } = storedTrials(log);
        await evaluate(
          {
            title: name,
            name: currentTestName,
            specFile: testPath,
            model,
            evaluated: undefined,
            block: undefined,
            source: sourceOf(log, stored),
            fn: async (input, context) => {
              const { response } = answered(stored, context);
              const scores = await fn(input, response, context);
              return new Result(response, judged(scores).scores);
            },
            options: { ...checked, retries: 0 },
            identity: hash,
            storedCalls: callsOf,
          },
          evals,
        );
      };
      currentRuntime()
        .session()
        .registerLazily(() => jestGlobals().test(name, test, maxTimerMs));
    });
  }
}

function storedLogs(directory: string, run: string, title: string): EvalLog[] {
  if (!existsSync(directory))
    throw invalid(`there is no run "${run}" at ${directory}${meant(run, directory)}`);
  const all = logsOf(directory).map(readLog);
  const logs = all.filter(({ header }) => header.title === title);
  // The missing samples might be just those that would score low.
  const unfinished = logs.find(({ footer }) => footer?.status !== 'complete');
  if (unfinished !== undefined)
    throw invalid(
      `"${title}" did not run to its end in the run "${run}": ${
        unfinished.header.schema === logSchema
          ? `continue it with EVALS_RUN=${run}`
          : 'evaluate it anew, for this version cannot continue its log'
      }, ${unfinished.path}`,
    );
  if (logs.length > 0) return logs;
  const titles = [...new Set(all.map(({ header }) => `"${header.title}"`))].join(', ') || 'none';
  throw invalid(`the run "${run}" has no evaluation "${title}"; it has ${titles}`);
}

function meant(run: string, directory: string): string {
  const runs = dirname(directory);
  const close = nearest(run, existsSync(runs) ? readdirSync(runs) : []);
  return close === undefined ? '' : `, but one called "${close}"`;
}

type Stored = ReadonlyMap<string, readonly (SampleRecord | undefined)[]>;

interface StoredTrials {
  /** By the ids of their samples. */
  readonly stored: Stored;
  /** Of their answers and calls: others have to be judged again. */
  readonly hash: string;
  readonly callsOf: (sampleId: string, trial: number) => readonly MadeCall[];
}

function storedTrials(log: EvalLog): StoredTrials {
  const stored = new Map<string, SampleRecord[]>();
  const hash = createHash('sha256');
  const transcripts = transcriptsOf(log.path);
  log.eachSample((record) => {
    const trials = stored.get(record.id) ?? [];
    trials[record.trial] = record;
    stored.set(record.id, trials);
    hash.update(JSON.stringify([record.id, record.trial, record.input, record.response, record.error]));
    hash.update(transcripts?.lineOf(record) ?? '');
  });
  return {
    stored,
    hash: hash.digest('hex').slice(0, 16),
    callsOf: (sampleId, trial) => {
      const record = stored.get(sampleId)?.[trial];
      return (record && transcripts?.callsOf(record)) ?? callsInLog(record);
    },
  };
}

function sourceOf({ header }: EvalLog, stored: Stored): SampleSource {
  return {
    name: header.dataset.name,
    hash: async () => header.dataset.hash,
    rows: stored.size,
    read: async () => samplesOf(stored),
  };
}

function* samplesOf(stored: Stored): Generator<Sample, void, undefined> {
  let number = 0;
  for (const [id, trials] of stored) {
    const record = trials.find((trial) => trial !== undefined);
    if (record === undefined) continue;
    const { index, location, cluster, input } = record;
    yield { index, number, id, location, cluster, cells: input };
    number += 1;
  }
}

function answered(stored: Stored, { sampleId, trial }: SampleContext): { response: string } {
  const record = stored.get(sampleId)?.[trial];
  if (record?.response !== undefined) return { response: record.response };
  const why =
    record?.error?.message ?? (record === undefined ? 'the trial did not run' : 'only a score was kept');
  throw new ModelProviderError('EVAL_FAILED', `has no stored answer: ${why}`, {
    details: { kind: record?.error?.kind ?? 'user' },
  });
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `rescore(): ${what}.`);
}
