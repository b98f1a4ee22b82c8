import { ModelProviderError, serializeError, type SerializedError } from '../base/errors';
import { mapTexts, stableStringify, type Json } from '../base/json';
import { join } from '../base/path';
import { redact } from '../base/secrets';
import type { EvalRun } from '../pattern/eval-run';
import type {
  CallRecording,
  EvaluationEnd,
  PresentResource,
  RecordedAnswer,
  RecordedPlace,
  RecordedRequest,
  RecordedWork,
  Recordings,
} from '../pattern/recordings';
import type { RecordingUse } from '../pattern/recording-use';
import { resourceKey, type ResourceRef } from '../pattern/resource-spec';
import type { SessionLease } from '../pattern/session-client';
import { canonicalRequest, type CanonicalRequest } from './canonical-request';
import { describeNearest } from './nearest-call';
import { readRecordingHeader } from './read-recording';
import { headerOf, recordedLease } from './recorded-resource';
import { Recording } from './recording';
import { answerLine, answerOf, type RecordingHeader } from './recording-lines';
import { ending, recordingPath, recordingsOf } from './recording-path';
import { UsedRecordings } from './used-recordings';
import { Work } from './work';

const { existsSync, readdirSync } = process.getBuiltinModule('node:fs');

/** What the recordings of a spec file need of the code that runs it. */
export interface RunningSpec {
  /** Absolute path. */
  readonly file: () => string;
  /** The full name of the test that runs. */
  readonly test: () => string;
}

// What an application cannot handle, but whoever runs it: its key, its quota, and servers that want to be asked later.
const notKept = new Set([401, 402, 403, 408, 409, 425, 429]);

/** The recordings beside one spec file, in its realm. */
export class FileRecordings implements Recordings {
  readonly #rules: EvalRun['recordings'];
  readonly #spec: RunningSpec;
  readonly #present = new Map<string, PresentResource>();
  readonly #recordings = new Map<string, Recording>();
  /** By name: a test is one piece of work, however often it leases. */
  readonly #tests = new Map<string, Work>();
  /** By their names. */
  readonly #evaluations = new Map<string, RecordedPlace>();
  readonly #used = new UsedRecordings();

  constructor(rules: EvalRun['recordings'], spec: RunningSpec) {
    this.#rules = rules;
    this.#spec = spec;
  }

  get isReplay(): boolean {
    return this.#rules.mode === 'replay';
  }

  /** The full name of the test whose code is running, as recordings have it. */
  get test(): string {
    return redact(this.#spec.test());
  }

  /** What was used until now. */
  get use(): RecordingUse {
    return this.#used.use;
  }

  leaseOf(asked: ResourceRef): SessionLease {
    const ref = withoutSecrets(asked);
    this.#used.leased(keyOf(ref));
    const header = this.#anyHeaderOf(ref);
    if (header !== undefined) return recordedLease(header);
    throw missing(
      `There is no recording of "${specOf(ref)}" beside ${this.#spec.file()}, so that it cannot be replayed`,
      [`looked in ${recordingsOf(this.#spec.file())}`],
    );
  }

  identityOf(place: RecordedPlace, asked: ResourceRef): Json {
    const ref = withoutSecrets(asked);
    const { header } = this.#recordingOf(place, ref);
    if (header !== undefined) return header.identity;
    throw missing(`There is no recording of "${place.name}" with "${specOf(ref)}"`, [
      `looked for ${recordingPath(this.#spec.file(), place, ref)}`,
    ]);
  }

  present(asked: ResourceRef, { identity, ...resource }: PresentResource): void {
    const ref = withoutSecrets(asked);
    this.#used.leased(keyOf(ref));
    this.#present.set(keyOf(ref), { ...resource, identity: mapTexts(identity, redact) });
  }

  announce(evaluation: RecordedPlace): void {
    this.#evaluations.set(evaluation.name, evaluation);
  }

  begin(place: RecordedPlace): RecordedWork {
    return new Work(place);
  }

  call(
    ref: ResourceRef,
    asked: RecordedRequest,
    given: RecordedWork | undefined,
    test?: string,
  ): CallRecording {
    const work = given instanceof Work ? given : this.#testWork(test ?? this.test);
    try {
      return this.#call(withoutSecrets(ref), asked, work);
    } catch (error) {
      return missed(work, serializeError(error));
    }
  }

  #call(ref: ResourceRef, asked: RecordedRequest, work: Work): CallRecording {
    const recording = this.#recordingOf(work.place, ref);
    this.#used.called(recording.path, work.place);
    const canonical = canonicalRequest(asked, this.#rules.ignore);
    const n = work.count(recording, canonical.key);
    const found =
      this.#rules.mode === 'record'
        ? undefined
        : recording.callsOf(work.place).find((call) => call.key === canonical.key && call.n === n);
    if (found !== undefined) {
      work.add(recording, found);
      return { answer: answerOf(found.answer), miss: undefined, keep: () => undefined };
    }
    if (this.isReplay) {
      return missed(work, serializeError(this.#missed(ref, work, recording, canonical)));
    }
    const keep = (answer: RecordedAnswer): void => {
      if (!isKept(answer)) return;
      const { sample, trial } = work.place;
      work.add(recording, {
        type: 'call',
        ...(sample !== undefined && { sample, trial: trial ?? 0 }),
        ...{ key: canonical.key, n, request: canonical.request, answer: answerLine(answer, redact) },
      });
    };
    return { answer: undefined, miss: undefined, keep };
  }

  commit(work: RecordedWork, isWhole: boolean): void {
    if (!this.isReplay && work instanceof Work) work.commit(isWhole);
  }

  write(place: RecordedPlace, asked: readonly ResourceRef[], end: EvaluationEnd): void {
    const refs = asked.map(withoutSecrets);
    const paths = refs.map((ref) => recordingPath(this.#spec.file(), place, ref));
    this.#used.ended(place.name, paths, end);
    if (this.isReplay) return;
    this.#commitTest(place.name);
    for (const ref of refs) if (this.#present.has(keyOf(ref))) this.#recordingOf(place, ref).write();
  }

  writeTests(asked: ResourceRef): void {
    const ref = withoutSecrets(asked);
    if (this.isReplay) return;
    for (const [name, work] of this.#tests) {
      if (this.#evaluations.has(name)) continue;
      this.#commitTest(name);
      this.#recordings.get(recordingPath(this.#spec.file(), work.place, ref))?.write();
    }
  }

  /** Nobody knows whether a test has made all its calls: what auto has not asked for again stays. */
  #commitTest(name: string): void {
    this.#tests.get(name)?.commit(this.#rules.mode === 'record');
  }

  #testWork(name: string): Work {
    const work = this.#tests.get(name) ?? new Work(this.#evaluations.get(name) ?? { name, title: name });
    this.#tests.set(name, work);
    return work;
  }

  #recordingOf(place: RecordedPlace, ref: ResourceRef): Recording {
    const path = recordingPath(this.#spec.file(), place, ref);
    const known = this.#recordings.get(path);
    if (known !== undefined) return known;
    const present = this.#present.get(keyOf(ref));
    const recording = new Recording(path, present === undefined ? undefined : headerOf(place, ref, present));
    this.#recordings.set(path, recording);
    return recording;
  }

  #anyHeaderOf(ref: ResourceRef): RecordingHeader | undefined {
    const folder = recordingsOf(this.#spec.file());
    if (!existsSync(folder)) return undefined;
    const wanted = stableStringify([specOf(ref), ref.config ?? null]);
    return readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .sort()
      .map((file) => readRecordingHeader(join(folder, file)))
      .find(({ spec, config }) => stableStringify([spec, config]) === wanted);
  }

  #missed(
    ref: ResourceRef,
    { place }: Work,
    recording: Recording,
    call: CanonicalRequest,
  ): ModelProviderError {
    const { sample, trial = 0, title } = place;
    const where = sample === undefined ? `"${title}"` : `sample ${sample}, trial ${trial}, of "${title}"`;
    const { method, path } = call.request;
    const ofAttempt = recording.callsOf(place);
    return missing(
      `There is no recording of ${method} ${path} to "${specOf(ref)}" for ${where}`,
      describeNearest(call, ofAttempt.length > 0 ? ofAttempt : recording.calls),
    );
  }
}

/** The call must not be asked, and whoever has made it fails for it. */
function missed(work: Work, miss: SerializedError): CallRecording {
  work.miss ??= miss;
  return { answer: undefined, miss, keep: () => undefined };
}

function isKept({ status }: RecordedAnswer): boolean {
  if (notKept.has(status)) return false;
  return (status >= 200 && status < 300) || (status >= 400 && status < 500);
}

function missing(what: string, more: readonly string[]): ModelProviderError {
  const lines = [`${what}: record it with EVALS_RECORDINGS=record, where the resource is.`, ...more];
  return new ModelProviderError('RECORDING_MISSING', lines.join('\n'));
}

/** As recordings have it: their names and headers are equal whatever a secret is. */
function withoutSecrets({ provider, name, config }: ResourceRef): ResourceRef {
  return { provider, ...mapTexts({ name, config }, redact) };
}

function specOf({ provider, name }: ResourceRef): string {
  return `${provider}:${name}`;
}

function keyOf({ provider, name, config }: ResourceRef): string {
  return resourceKey(provider, name, config);
}
