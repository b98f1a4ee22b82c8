import type { Caller } from '../pattern/model-calls';
import type { CallRecording } from '../pattern/recordings';
import { currentRuntime } from '../pattern/runtime';
import type { TappedLease } from '../pattern/tap';
import type { TappedRequest } from '../pattern/tap-endpoint';

const { Buffer } = process.getBuiltinModule('node:buffer');

const testPrefix = 'test:';

/** What {@link TapServer.caller} says of the code of a test, which no header may hold as it is. */
export function testMark(name: string): string {
  return `${testPrefix}${Buffer.from(name).toString('base64url')}`;
}

function testOf(mark = ''): string | undefined {
  if (!mark.startsWith(testPrefix)) return undefined;
  return Buffer.from(mark.slice(testPrefix.length), 'base64url').toString('utf8');
}

interface Made {
  readonly request: TappedRequest;
  /** Below the base URL. */
  readonly path: string;
  readonly lease: TappedLease;
  readonly caller: Caller | undefined;
}

/**
 * What is recorded of a call; undefined where its resource has no recordings. That it must not be asked fails the test
 * or the sample that has asked, whatever the application makes of it.
 */
export function callRecording({ request, path, lease, caller }: Made): CallRecording | undefined {
  if (lease.recordedAs === undefined) return undefined;
  const runtime = currentRuntime();
  const { method, body, headers } = request;
  const asked = { method, path, body, contentType: headers['content-type'] };
  const recording = runtime.recordings()?.call(lease.recordedAs, asked, caller?.work, testOf(request.caller));
  if (recording?.miss !== undefined && caller?.work === undefined) runtime.session().failTest(recording.miss);
  return recording;
}
