import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import type { SerializedError } from '../pattern/errors';
import type { Json } from '../pattern/json';
import type { IdentityRequest, LeaseGrant } from './session-connection';

// How runs and the command line talk to the supervisor, the session that keeps resources warm between runs.

export interface SupervisorHello {
  readonly token: string;
  /** Who speaks, for messages: `jest (pid 4711) in /home/me/project`. */
  readonly label: string;
  /** Whether the supervisor stays while the connection is open, even if nothing is warm: something will be. */
  readonly keeps: boolean;
}

export interface SupervisorGreeting {
  readonly pid: number;
  readonly version: string;
  readonly project: SupervisorProject;
}

/** What a supervisor's resources come from. */
export interface SupervisorProject {
  /** The directory from which it was started: names may be paths relative to it. */
  readonly directory: string;
  readonly providerModule: string | null;
  /** The hash of that module's code. */
  readonly moduleVersion: string | null;
}

/** A warm resource that has the wanted spec and config. */
export interface WarmOffer {
  readonly resourceId: string;
  /** What its answers depend on, as its provider said when it was started. */
  readonly identity: Json;
  /** That it has for itself; empty if its provider names none. */
  readonly devices: readonly string[];
}

/** Devices that warm resources have for themselves. */
export interface WarmDevices {
  /** Those of the wanted resource; empty if it is not warm. */
  readonly own: readonly string[];
  readonly others: readonly string[];
}

/** A resource that has no place beside the warm ones. */
export interface RoomRequest {
  readonly spec: string;
  readonly provider: string;
  readonly maxLive: number;
  /** The devices that it would take; empty if its provider names none. */
  readonly devices: readonly string[];
  /** How many resources the asking run has itself on each of these devices, or of that provider. */
  readonly own: readonly number[];
}

/** Resources to be kept warm: specs, or `{ spec, config }`. */
export interface WarmRequest {
  readonly requests: readonly Json[];
  /** Milliseconds after the last use. */
  readonly ttlMs: number;
}

/** A warm resource, for people. */
export interface WarmResource {
  readonly spec: string;
  readonly config: Json;
  readonly resourceId: string;
  /** Milliseconds that its start took. */
  readonly startMs: number;
  readonly pids: readonly number[];
  /** Who leases it now. */
  readonly holders: readonly string[];
}

export interface SupervisorStatus extends SupervisorGreeting {
  readonly ttlMs: number;
  /** Milliseconds until it ends if nobody uses it; null while somebody does. */
  readonly endsInMs: number | null;
  readonly resources: readonly WarmResource[];
}

export interface WarmedUp {
  readonly status: SupervisorStatus;
  /** The specs that were loaded; the others were warm already. */
  readonly loaded: readonly string[];
}

/** First on every connection. */
export const greetRequest = new RequestType<SupervisorHello, SupervisorGreeting, SerializedError>('greet');
export const offerRequest = new RequestType<IdentityRequest, WarmOffer | null, SerializedError>('offer');
/** Where the wanted resource is warm, and where others are. */
export const devicesRequest = new RequestType<IdentityRequest, WarmDevices, SerializedError>('devices');
/** Leases an offered resource for the connection; null if it has gone meanwhile, or another has it for itself. */
export const borrowRequest = new RequestType<{ resourceId: string }, LeaseGrant | null, SerializedError>(
  'borrow',
);
export const returnRequest = new RequestType<{ leaseId: string }, null, SerializedError>('return');
/** Ends what nobody leases until there is room; answers with the specs. */
export const roomRequest = new RequestType<RoomRequest, readonly string[], SerializedError>('room');
/** Closing the connection gives starts up. */
export const upRequest = new RequestType<WarmRequest, WarmedUp, SerializedError>('up');
export const statusRequest = new RequestType<null, SupervisorStatus, SerializedError>('status');
/** Ends the named resources, or with none named all and the supervisor itself; answers with the specs. */
export const downRequest = new RequestType<{ requests: readonly Json[] }, readonly string[], SerializedError>(
  'down',
);
/** What a start is waiting for, as a run prints it. */
export const outputNotification = new NotificationType<string>('output');
