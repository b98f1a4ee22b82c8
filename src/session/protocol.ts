import { NotificationType, RequestType, ResponseError } from 'vscode-jsonrpc/node';
import { deserializeError, messageOf, serializeError, type SerializedError } from '../pattern/errors';
import type { EvalProgress } from '../pattern/eval-progress';
import type { EvalRun } from '../pattern/eval-run';
import type { HostRecord } from '../pattern/host';
import type { Json } from '../pattern/json';
import type { ConnectionRequest, IdentityRequest, LeaseGrant } from './session-connection';

/** The variable through which workers learn where the session is: a `SessionAddress`. */
export const sessionVariable = 'JEST_MODEL_PROVIDER_SESSION';

export interface HelloRequest {
  readonly token: string;
  readonly version: string;
  /** What the connection is for: a test file. */
  readonly label: string;
  /** Under which name the session may know a reservation of the file. */
  readonly file?: string | undefined;
  /** The provider module that the file's project names. */
  readonly providerModule: string | undefined;
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

/** First on every connection. */
export const helloRequest = new RequestType<HelloRequest, HelloAnswer, SerializedError>('hello');
/** Cancelling it gives the request up. */
export const leaseRequest = new RequestType<ConnectionRequest, LeaseGrant, SerializedError>('lease');
export const releaseRequest = new RequestType<{ leaseId: string }, null, SerializedError>('release');
/** Answered, so that a file that closes knows that all its records have arrived. */
export const recordRequest = new RequestType<HostRecord, null, SerializedError>('record');
export const identifyRequest = new RequestType<IdentityRequest, Json, SerializedError>('identify');
/** Never answered: what is lost of it does no harm. */
export const progressNotification = new NotificationType<EvalProgress>('progress');
/** From the session: finish what is under way, for the run was interrupted. */
export const endingRequest = new RequestType<null, null, SerializedError>('ending');
/** A test that holds a lease has failed. In order with the requests, so that a release that follows comes later. */
export const testFailedNotification = new NotificationType<{ leaseId: string; test: string }>('testFailed');
/** A leased resource died. */
export const lostNotification = new NotificationType<{ leaseId: string; error: SerializedError }>('lost');

// A number of JSON-RPC's range for applications: https://www.jsonrpc.org/specification#error_object
const applicationError = 1;

/** Runs a handler so that its errors cross the socket with their code. */
export async function answer<T>(handle: () => Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    throw new ResponseError(applicationError, messageOf(error), serializeError(error));
  }
}

/** The error that the other end threw. */
export function answeredError(error: unknown): unknown {
  return error instanceof ResponseError && error.data !== undefined
    ? deserializeError(error.data as SerializedError)
    : error;
}
