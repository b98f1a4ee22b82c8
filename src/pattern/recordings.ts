import type { SerializedError } from '../base/errors';
import type { Json } from '../base/json';
import type { RecordedAttempt } from './recording-use';
import type { ResourceRef } from './resource-spec';
import type { SessionLease } from './session-client';

/** An answer as it was recorded. */
export interface RecordedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** The body, piece by piece as it is given out again. */
  readonly pieces: readonly Uint8Array[];
  /** Whether the application left before its end. */
  readonly isPart: boolean;
}

/** A request to a resource, as its recording knows it. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the base URL. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** One call: either its answer is there, or it is asked for, or it must not be. */
export interface CallRecording {
  /** The recorded answer; undefined without one. */
  readonly answer: RecordedAnswer | undefined;
  /** Why nobody is asked instead; undefined if the resource may be. */
  readonly miss: SerializedError | undefined;
  /** Keeps the answer that the resource has given. */
  keep(answer: RecordedAnswer): void;
}

/** Whose calls are recorded together: one attempt of a trial, or a test. */
export interface RecordedPlace {
  /** The full name of the test, or of the evaluation. */
  readonly name: string;
  /** For people, in the name of the file. */
  readonly title: string;
  /** The id of the sample; absent for calls of no sample. */
  readonly sample?: string;
  readonly trial?: number;
}

/** The calls that were made at a place, in the order in which they were made. */
export interface RecordedWork {
  readonly place: RecordedPlace;
  /** The first call for which there is no recording, and that nobody could be asked. */
  readonly miss: SerializedError | undefined;
}

/** How an evaluation has used its recordings. */
export interface EvaluationEnd {
  /** Whether it ran over all of its data set, all by itself: what it has not called, it does not need. */
  readonly isWhole: boolean;
  /** The attempts that ended with an error, and may not have come to their calls. */
  readonly failed: readonly RecordedAttempt[];
}

/** The recordings beside one spec file. */
export interface Recordings {
  /** Whether nothing is asked but recordings: no resource of them is started. */
  readonly isReplay: boolean;
  /**
   * A lease of what is not there, by what is recorded of it.
   *
   * @throws ModelProviderError `RECORDING_MISSING`, `RECORDING_INVALID`.
   */
  leaseOf(ref: ResourceRef): SessionLease;
  /**
   * What the answers depend on that are recorded at a place.
   *
   * @throws ModelProviderError `RECORDING_MISSING`, `RECORDING_INVALID`.
   */
  identityOf(place: RecordedPlace, ref: ResourceRef): Json;
  /** Says what a resource is that is there: recordings of another identity are none of it. */
  present(ref: ResourceRef, resource: PresentResource): void;
  /** Says that a test is an evaluation: its recordings are written at its end, and not with those of tests. */
  announce(evaluation: RecordedPlace): void;
  /** Begins the calls of an attempt. */
  begin(place: RecordedPlace): RecordedWork;
  /**
   * One call of a resource.
   *
   * @param work whose it is; by default that of the test which is named, or runs.
   */
  call(
    ref: ResourceRef,
    request: RecordedRequest,
    work: RecordedWork | undefined,
    test?: string,
  ): CallRecording;
  /**
   * The calls of an attempt count: they take the place of those that its trial had before.
   *
   * @param isWhole whether it came to its end; if not, what it may have been about to call stays.
   */
  commit(work: RecordedWork, isWhole: boolean): void;
  /**
   * An evaluation has ended: writes its recordings, also of the resources that it has not called.
   *
   * @throws ModelProviderError `RECORDING_INVALID` if that cannot be written.
   */
  write(place: RecordedPlace, refs: readonly ResourceRef[], end: EvaluationEnd): void;
  /** A lease has ended: writes what tests have recorded of the resource. */
  writeTests(ref: ResourceRef): void;
}

/** What is recorded of a resource besides its answers. */
export interface PresentResource {
  readonly identity: Json;
  readonly connection: Json;
  readonly facts: SessionLease['facts'];
}
