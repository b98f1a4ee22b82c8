import { setTimeout as delay } from 'node:timers/promises';
import type { ResourceContext } from '../../pattern/resource-context';
import { loopbackRequest } from '../../process/loopback-request';
import { httpStatus, oneToken, type StartingServer } from '../../process/readiness-checks';

/** Looks within the limit: time alone would call an engine hung after this process itself stood still. */
const looks = 8;
const healthMs = 5000;

/**
 * Watches the engine of a server that is ready until its resource ends, since `/health` stays 200 when the engine hangs:
 * https://github.com/vllm-project/vllm/issues/36451. An engine whose counters move is at work, however long anybody waits for an
 * answer. One whose counters stand still is asked for a token; if none comes within `stallMs`, and nothing moves, it is lost.
 *
 * @param isResting whether it has been put to sleep: it answers nothing then, and must not be asked.
 */
export function watchEngine(
  server: StartingServer,
  stallMs: number,
  context: ResourceContext,
  isResting: () => boolean = () => false,
): void {
  const end = new AbortController();
  context.defer('stop watching its engine', () => end.abort());
  void hangs(server, stallMs / looks, end.signal, isResting)
    .then(async (isHung) => {
      if (isHung) context.lost(await describeHang(server, stallMs, end.signal));
    })
    // The resource has ended.
    .catch(() => undefined);
}

/** Resolves to true when the engine hangs, to false at once where there are no counters. Rejects when `end` aborts. */
async function hangs(
  server: StartingServer,
  everyMs: number,
  end: AbortSignal,
  isResting: () => boolean,
): Promise<boolean> {
  let seen: string | undefined;
  let unchanged = 0;
  let isAsked = false;
  while (unchanged <= looks) {
    await delay(everyMs, undefined, { signal: end, ref: false });
    if (isResting()) {
      unchanged = 0;
      continue;
    }
    const counters = await readCounters(server, AbortSignal.any([end, AbortSignal.timeout(everyMs)]));
    if (counters?.includes('vllm:generation_tokens') === false) return false;
    if (counters !== undefined && (counters !== seen || isAsleep(counters))) {
      seen = counters;
      unchanged = 0;
      continue;
    }
    unchanged += 1;
    if (isAsked) continue;
    isAsked = true;
    void oneToken(server)
      .check(end)
      .then((answer) => {
        if (answer === true) unchanged = 0;
      })
      .catch(() => undefined)
      .finally(() => (isAsked = false));
  }
  return true;
}

/** What vLLM says of its engine; without tokens where it counts none (`--disable-log-stats`), undefined where it does not answer. */
async function readCounters(server: StartingServer, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await loopbackRequest({ port: server.port, path: '/metrics', signal });
    return body
      .split('\n')
      .filter((line) => line.startsWith('vllm:'))
      .join('\n');
  } catch {
    return undefined;
  }
}

/** An engine that was put to sleep answers nothing, and must not be asked. */
function isAsleep(counters: string): boolean {
  return /sleep_state="awake".* 0(\.0)?$/m.test(counters);
}

async function describeHang(server: StartingServer, stallMs: number, end: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([end, AbortSignal.timeout(Math.min(healthMs, stallMs))]);
  const health = await httpStatus(server, '/health', 'health')
    .check(limit)
    .catch(() => 'no answer');
  end.throwIfAborted();
  const what =
    health === true
      ? 'the engine answers nothing, although its server says that it is healthy'
      : `its server answers nothing (/health: ${health})`;
  return `${what} (its server (pid ${server.process.pid}) produced no token for ${Math.round(stallMs / 1000)} s)`;
}
