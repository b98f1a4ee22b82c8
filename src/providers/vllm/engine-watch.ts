import { setTimeout as delay } from 'node:timers/promises';
import { anySignal } from '../../base/any-signal';
import type { ResourceContext } from '../../pattern/resource-context';
import { loopbackRequest } from '../../process/readiness/loopback-request';
import { httpStatus, oneToken, type StartingServer } from '../../process/readiness/readiness-checks';

/** Readings within the limit. Time alone would call an engine hung after a pause of this process. */
const looks = 8;
const healthMs = 5000;

/**
 * Watches the engine of a ready server until its resource ends, since `/health` stays 200 when the engine
 * hangs: https://github.com/vllm-project/vllm/issues/36451. An engine whose counters move is at work, however
 * long a request waits for its answer. If the counters stand still, the engine is asked for a token. It is
 * lost if no token comes within `stallMs` and the counters still do not move.
 *
 * @param isResting whether the server sleeps: it answers nothing then, and must not be asked.
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

/**
 * Resolves to true when the engine hangs, to false at once if it has no counters. Rejects when `end` aborts.
 */
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
    const counters = await readCounters(server, anySignal(end, AbortSignal.timeout(everyMs)));
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

/**
 * The counters of the engine. Without those of tokens if vLLM counts none (`--disable-log-stats`); undefined
 * if it does not answer.
 */
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

/** Whether the counters say that the engine sleeps: it answers nothing then, and must not be asked. */
function isAsleep(counters: string): boolean {
  return /sleep_state="awake".* 0(\.0)?$/m.test(counters);
}

async function describeHang(server: StartingServer, stallMs: number, end: AbortSignal): Promise<string> {
  const limit = anySignal(end, AbortSignal.timeout(Math.min(healthMs, stallMs)));
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
