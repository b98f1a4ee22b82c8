import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import type { SerializedError } from '../../base/errors';
import type { Json } from '../../base/json';
import type { ResourceRef } from '../../pattern/resource-spec';
import type { LeaseGrant } from '../wire/lease-request';

// The protocol between the supervisor, whose session keeps resources warm between runs, and runs and the
// command line.

export interface SupervisorHello {
  readonly token: string;
  /** The name of the client in messages: `jest (pid 4711) in /home/me/project`. */
  readonly label: string;
  /** Whether the supervisor stays while the connection is open, even if nothing is warm yet. */
  readonly keeps: boolean;
}

export interface SupervisorGreeting {
  readonly pid: number;
  readonly version: string;
  readonly project: SupervisorProject;
}

/** The project that a supervisor's resources come from. */
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
  /** Devices that are allocated to this resource alone; empty if its provider names none. */
  readonly devices: readonly string[];
}

/** Devices that are allocated to warm resources. */
export interface WarmDevices {
  /** Those of the wanted resource; empty if it is not warm. */
  readonly own: readonly string[];
  readonly others: readonly string[];
}

/** A run's request for a place: it is going to make a resource. */
export interface RoomRequest {
  readonly spec: string;
  readonly provider: string;
  readonly maxLive: number;
  /** The devices that it would take; empty if its provider names none. */
  readonly devices: readonly string[];
  /** How many resources the run has made on each of these devices or, without devices, of that provider. */
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
  /** Milliseconds until the supervisor ends unless a resource is used; null while one is. */
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
export const offerRequest = new RequestType<ResourceRef, WarmOffer | null, SerializedError>('offer');
/** Where the wanted resource is warm, and where others are. */
export const devicesRequest = new RequestType<ResourceRef, WarmDevices, SerializedError>('devices');
/** Leases an offered resource; null if it is gone, or an exclusive one that is leased already. */
export const borrowRequest = new RequestType<{ resourceId: string }, LeaseGrant | null, SerializedError>(
  'borrow',
);
export const returnRequest = new RequestType<{ leaseId: string }, null, SerializedError>('return');
/** Ends unused resources until a place is free; answers with their specs. */
export const roomRequest = new RequestType<RoomRequest, readonly string[], SerializedError>('room');
/** Loads what is not warm yet. Closing the connection gives the starts up. */
export const upRequest = new RequestType<WarmRequest, WarmedUp, SerializedError>('up');
export const statusRequest = new RequestType<null, SupervisorStatus, SerializedError>('status');
/** Ends the named resources; without names all of them and the supervisor itself. Answers with the specs. */
export const downRequest = new RequestType<{ requests: readonly Json[] }, readonly string[], SerializedError>(
  'down',
);
/** A progress line of a start, as a run prints it. */
export const outputNotification = new NotificationType<string>('output');
