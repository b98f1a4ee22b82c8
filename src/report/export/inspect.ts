import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Json } from '../../base/json';
import type { CallRecord, SampleRecord } from '../../evals/log/log-record';
import { transcriptsOf, type Transcripts } from '../../evals/log/read-transcripts';
import type { MadeCall } from '../../evals/transcripts/made-call';
import { readLog } from '../../evals/log/read-log';
import { replayedCalls } from '../../evals/log/replayed-calls';
import type { ReadEvaluation } from '../read-evaluation';
import { withOneKind } from '../score-kinds';
import type { ScoreSummary } from '../../evals/log/eval-summary';
import { wellFormedJson } from './well-formed-json';
import { conversationAfter, modelEvent } from './inspect-events';
import { stopReason } from './inspect-messages';

/**
 * Writes a run in the log format of inspect-ai, one file for each evaluation and model, sample by sample.
 * The format: https://inspect.aisi.org.uk/reference/inspect_ai.log.html#evallog
 *
 * @returns the paths of the files.
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function exportInspect(evaluations: readonly ReadEvaluation[], output: string): string[] {
  mkdirSync(output, { recursive: true });
  return withOneKind(evaluations).map((evaluation) => {
    const { log } = evaluation.outcome;
    const transcripts = transcriptsOf(log);
    // Inspect finds only logs whose names begin with a time.
    const time = evaluation.header.at.slice(0, 19).replaceAll(':', '-');
    const path = join(output, `${time}_${basename(log, '.jsonl')}.json`);
    const draft = `${path}.${process.pid}`;
    const file = openSync(draft, 'w', 0o600);
    try {
      writeLog(file, log, evaluation, transcripts);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    return path;
  });
}

function writeLog(
  file: number,
  log: string,
  evaluation: ReadEvaluation,
  transcripts: Transcripts | undefined,
): void {
  writeSync(file, `${wellFormedJson(headOf(evaluation)).slice(0, -1)},"samples":[`);
  let separator = '\n';
  readLog(log).eachSample((sample) => {
    const made = transcripts?.callsOf(sample) ?? [];
    writeSync(file, `${separator}${wellFormedJson(sampleOf(sample, evaluation.header.model, made))}`);
    separator = ',\n';
  });
  writeSync(file, '\n]}\n');
}

function headOf({ header, outcome }: ReadEvaluation): Json {
  const { file, title, model, spec, run, at, git, dataset, code, identity, options, packages } = header;
  const { summary, status, gate } = outcome;
  const { replayed } = replayedCalls(summary);
  return {
    version: 2,
    status: status === 'complete' ? 'success' : status === 'interrupted' ? 'cancelled' : 'error',
    eval: {
      run_id: run,
      created: at,
      task: title,
      task_file: file,
      dataset: { name: dataset.name, samples: summary.samples },
      model: spec ?? (model || 'none'),
      config: { epochs: Number(options['trials'] ?? 1) },
      revision: git === null ? null : { type: 'git', origin: '', commit: git.commit, dirty: git.dirty },
      packages,
      metadata: { label: model, code, identity, gate: { ...gate }, ...replayedOf(replayed) },
    },
    plan: {},
    results: {
      total_samples: summary.trials + summary.notRun,
      completed_samples: summary.trials,
      scores: summary.scores.map(scoreOf),
    },
    stats: { started_at: at, completed_at: '' },
  };
}

/** How many calls have recorded answers, if any has. */
function replayedOf(replayed: number): { readonly replayed?: number } {
  return replayed > 0 ? { replayed } : {};
}

function usageOf(calls: readonly CallRecord[]): Json {
  const sum = (name: 'promptTokens' | 'completionTokens'): number =>
    calls.reduce((total, { usage }) => total + (usage?.[name] ?? 0), 0);
  const [input, output] = [sum('promptTokens'), sum('completionTokens')];
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

function scoreOf({ name, count, notApplicable, mean, standardError, interval }: ScoreSummary): Json {
  const values = { mean, stderr: standardError, low95: interval?.low, high95: interval?.high };
  const metrics = Object.entries(values).flatMap(([metric, value]) =>
    value === undefined || value === null ? [] : [[metric, { name: metric, value }] as const],
  );
  return {
    name,
    scorer: name,
    scored_samples: count,
    unscored_samples: notApplicable,
    metrics: Object.fromEntries(metrics),
  };
}

function sampleOf(sample: SampleRecord, model: string, made: readonly MadeCall[]): Json {
  const { id, trial, index, location, input, response, scores, error, metadata, log, calls } = sample;
  const question = typeof input === 'string' ? input : JSON.stringify(input);
  const judged = scores.flatMap(({ name, value, metadata: facts }) =>
    value === null ? [] : [[name, { value, answer: response ?? null, metadata: facts ?? null }] as const],
  );
  const answer = { role: 'assistant', content: response ?? '' };
  const own = calls?.filter(({ resource }) => model === '' || resource === model) ?? [];
  const replayed = calls?.filter((call) => call.replayed === true).length ?? 0;
  const said = conversationAfter(made.filter(({ facts }) => model === '' || facts.resource === model).at(-1));
  return {
    id,
    epoch: trial + 1,
    input: question,
    target: '',
    messages: said ?? [{ role: 'user', content: question }, ...(response === undefined ? [] : [answer])],
    output: {
      model,
      choices: response === undefined ? [] : [{ message: answer, stop_reason: stopReason(own.at(-1)) }],
      ...(own.some(({ usage }) => usage !== undefined) && { usage: usageOf(own) }),
    },
    scores: Object.fromEntries(judged),
    metadata: { index, location: location ?? null, log: log ?? {}, ...replayedOf(replayed), ...metadata },
    ...(made.length > 0 && { events: made.map((call, number) => modelEvent(call, sample, number)) }),
    total_time: sample.durationMs / 1000,
    ...(error !== undefined && {
      error: { message: `${error.kind}: ${error.message}`, traceback: '', traceback_ansi: '' },
    }),
  };
}
