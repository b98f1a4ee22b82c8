import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Json } from '../../base/json';
import { packageVersion } from '../../base/version';
import type { HeaderRecord, SampleRecord } from '../../evals/log/log-record';
import { callsInLog, transcriptsOf } from '../../evals/log/read-transcripts';
import { readLog } from '../../evals/log/read-log';
import type { MadeCall } from '../../evals/transcripts/made-call';
import type { ReadEvaluation } from '../read-evaluation';
import { attributesOf, callAttributes, operationOf } from './otlp-attributes';
import { wellFormedJson } from './well-formed-json';

/**
 * Writes a run as traces of OpenTelemetry, one file for each evaluation and model, and in it a line for each trial of a
 * sample: a span of the sample with its scores as events, and in it one for each call of a model. The format:
 * https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 *
 * @returns the paths of the files.
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function exportOtlp(evaluations: readonly ReadEvaluation[], output: string): string[] {
  mkdirSync(output, { recursive: true });
  return evaluations.map(({ header, outcome }) => {
    const path = join(output, basename(outcome.log));
    const transcripts = transcriptsOf(outcome.log);
    const draft = `${path}.${process.pid}`;
    const file = openSync(draft, 'w', 0o600);
    try {
      readLog(outcome.log).eachSample((sample) => {
        const made = transcripts?.callsOf(sample) ?? callsInLog(sample);
        writeSync(file, `${wellFormedJson(tracesOf(header, sample, made))}\n`);
      });
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    return path;
  });
}

// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
const [internal, client] = [1, 3];
const failed = 2;

function tracesOf(header: HeaderRecord, sample: SampleRecord, made: readonly MadeCall[]): Json {
  const { run, file, title, name, model, packages } = header;
  const trace = idOf([run, file, name, model, sample.id, sample.trial, sample.at], 32);
  const root = idOf([trace], 16);
  const end = Math.max(sample.at + sample.durationMs, ...made.map(({ facts }) => facts.at + facts.ms));
  const own = { traceId: trace, root, end };
  const resource = {
    'service.name': title,
    'jest_model_provider.run': run,
    'jest_model_provider.file': file,
    'jest_model_provider.model': model,
    'jest_model_provider.version': packages['jest-model-provider'],
  };
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: 'jest-model-provider', version: packageVersion },
            spans: [
              sampleSpan(header, sample, own),
              ...made.map((call, number) => callSpan(header, call, number, own)),
            ],
          },
        ],
      },
    ],
  };
}

interface Trace {
  readonly traceId: string;
  /** The id of the sample's span. */
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly end: number;
}

function sampleSpan({ title }: HeaderRecord, sample: SampleRecord, { traceId, root, end }: Trace): Json {
  const { id, trial, index, scores, error, at } = sample;
  return {
    traceId,
    spanId: root,
    name: `sample of ${title}`,
    kind: internal,
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(end),
    attributes: attributesOf({
      'jest_model_provider.sample.id': id,
      'jest_model_provider.sample.index': index,
      'jest_model_provider.sample.trial': trial,
      'error.type': error?.kind,
    }),
    events: scores.map(({ name, value, metadata }) => ({
      timeUnixNano: nanos(end),
      name: 'gen_ai.evaluation.result',
      attributes: attributesOf({
        'gen_ai.evaluation.name': name,
        'gen_ai.evaluation.score.value': value === null ? undefined : { double: Number(value) },
        'gen_ai.evaluation.score.label':
          value === null
            ? 'not applicable'
            : typeof value === 'boolean'
              ? value
                ? 'pass'
                : 'fail'
              : undefined,
        'gen_ai.evaluation.explanation': metadata === undefined ? undefined : JSON.stringify(metadata),
      }),
    })),
    status: error === undefined ? {} : { code: failed, message: error.message },
  };
}

function callSpan(header: HeaderRecord, call: MadeCall, number: number, { traceId, root }: Trace): Json {
  const { at, ms, error, path, resource } = call.facts;
  return {
    traceId,
    spanId: idOf([traceId, number], 16),
    parentSpanId: root,
    name: `${operationOf(path)} ${call.conversation()?.model ?? resource}`,
    kind: client,
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at + ms),
    attributes: callAttributes(call, providerOf(header, call)),
    status: error === undefined ? {} : { code: failed, message: error },
  };
}

/** The prefix of the resource's spec, which is its label unless the user gives another one. */
function providerOf({ model, spec }: HeaderRecord, { facts }: MadeCall): string {
  const known = facts.resource === model && spec !== null ? spec : facts.resource;
  return known.split(':')[0] ?? known;
}

function idOf(of: Json, digits: number): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, digits);
}

/** Of OTLP's JSON, numbers of 64 bits are texts. */
function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
