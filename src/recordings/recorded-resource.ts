import { isObject, type Json } from '../base/json';
import { isLoopback } from '../base/loopback';
import { basename } from '../base/path';
import { URL } from '../base/real-globals';
import { secretName } from '../base/secrets';
import { baseURLOf } from '../pattern/model-connection';
import type { PresentResource, RecordedPlace } from '../pattern/recordings';
import type { ResourceRef } from '../pattern/resource-spec';
import type { SessionLease } from '../pattern/session-client';
import { recordingSchema, type RecordingHeader } from './recording-lines';

// Clients want one, though nobody reads it. So short that it is no secret, which would be taken out of all texts.
const noSecret = 'none';

/** What a recording says of its resource. Nothing in it differs between two machines that run the same. */
export function headerOf(
  { name }: Pick<RecordedPlace, 'name'>,
  { provider, name: model, config }: ResourceRef,
  { identity, connection, facts: { command } }: PresentResource,
): RecordingHeader {
  return {
    ...{ type: 'recording', schema: recordingSchema, name, spec: `${provider}:${model}` },
    ...{ config: config ?? null, identity, connection: withoutMachine(connection) },
    command: command === null ? null : programOf(command),
  };
}

/** A lease of what is recorded. It is of nothing, and ends without a word. */
export function recordedLease({ spec, connection, command }: RecordingHeader): SessionLease {
  const resourceId = `${spec}#recorded`;
  return {
    ...{ leaseId: resourceId, resourceId, connection },
    facts: { command, startMs: 0, replayed: true },
    onLost: () => undefined,
    note: () => undefined,
    release: () => Promise.resolve(),
  };
}

/** The program alone: its path and its options are those of a machine. */
function programOf(command: string): string {
  return basename(command.split(' ')[0] ?? '');
}

function withoutMachine(connection: Json): Json {
  const baseURL = baseURLOf(connection);
  if (!isObject(connection) || baseURL === undefined) return null;
  const url = new URL(baseURL);
  if (isLoopback(url.hostname)) url.port = '';
  url.username = '';
  url.password = '';
  url.search = '';
  const kept = Object.entries(connection).map(([key, value]) => [
    key,
    secretName.test(key) ? noSecret : value,
  ]);
  return { ...(Object.fromEntries(kept) as { [key: string]: Json }), baseURL: url.href };
}
