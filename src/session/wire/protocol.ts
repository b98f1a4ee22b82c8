import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import type { SerializedError } from '../../base/errors';
import type { EndpointPause } from '../../pattern/endpoint-pause';
import type { EvalProgress } from '../../pattern/eval-progress';
import type { EvalRun } from '../../pattern/eval-run';
import type { ResourceRef } from '../../pattern/resource-spec';
import type { LogClaim, ReportRecord } from '../../pattern/session-client';
import type { Json } from '../../base/json';
import type { LeaseGrant, OwnedRequest } from './lease-request';

/** A process by its number and start time. */
export interface WorkerProcess {
  readonly pid: number;
  readonly startTime: string;
}

export interface HelloRequest {
  readonly token: string;
  readonly version: string;
  /** What the connection is for: a test file. */
  readonly label: string;
  /** The name of the file's reservation, if it has one. */
  readonly file?: string | undefined;
  /** The process, if it is a worker of Jest: it is ended with the run. */
  readonly worker?: WorkerProcess | undefined;
  /** The provider module that the file's project names. */
  readonly providerModule: string | undefined;
  /** A mark of each option of the run that the file's project gives, by its name. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface HelloAnswer {
  readonly session: string;
  readonly providerNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly providerModule: string | undefined;
  /** The keys of resources that are up. */
  readonly loaded: readonly string[];
  readonly evals: EvalRun | undefined;
}

/** The first request on every connection. */
export const helloRequest = new RequestType<HelloRequest, HelloAnswer, SerializedError>('hello');
/** Cancelling it gives the request up. */
export const leaseRequest = new RequestType<OwnedRequest, LeaseGrant, SerializedError>('lease');
export const releaseRequest = new RequestType<{ leaseId: string }, null, SerializedError>('release');
/** A file is about to end, and has left something open: its leases are released, and it is looked at. */
export const endingRequest = new RequestType<null, null, SerializedError>('ending');
/** Answered, so that a file that closes knows that all its records have arrived. */
export const recordRequest = new RequestType<ReportRecord, null, SerializedError>('record');
/** Refused if another project of the run writes that log. */
export const claimRequest = new RequestType<LogClaim, null, SerializedError>('claim');
export const identifyRequest = new RequestType<ResourceRef, Json, SerializedError>('identify');
/** Not answered: an update that is lost does no harm. */
export const progressNotification = new NotificationType<EvalProgress>('progress');
/** To the session and from it: an endpoint has had too many requests. What is lost costs one more of them. */
export const pauseNotification = new NotificationType<EndpointPause>('pause');
/** To the session and from it: calls have cost so much, of those that evaluations make elsewhere. */
export const spentNotification = new NotificationType<{ cost: number }>('spent');
/** From the session, when the run was interrupted: finish what is under way. */
export const shutdownRequest = new RequestType<null, null, SerializedError>('shutdown');
/**
 * A test that holds a lease has failed. It is sent in order with the requests: a release that follows comes
 * later.
 */
export const testFailedNotification = new NotificationType<{ leaseId: string; test: string }>('testFailed');
/** The holder of a lease remarks something about its resource, in order with the requests too. */
export const noteNotification = new NotificationType<{ leaseId: string; message: string }>('note');
/** A leased resource died. */
export const lostNotification = new NotificationType<{ leaseId: string; error: SerializedError }>('lost');
