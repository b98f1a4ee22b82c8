import { messageOf } from '../pattern/errors';
import type { EventRecord } from './events';
import type { LiveResource } from './live-resource';
import type { LiveResources } from './live-resources';
import type { ProgressPrinter } from './progress';
import type { ScheduledResource } from './scheduled';
import type { Scheduler } from './scheduler';

/** What sleeps and wakes need of their session. */
interface Bedroom {
  readonly resources: LiveResources;
  readonly record: EventRecord;
  readonly progress: ProgressPrinter;
  readonly scheduler: () => Scheduler;
}

/** Puts resources to sleep and wakes them, as the scheduler orders, and tells it and the record what came of it. */
export class SleepAndWake {
  readonly #session: Bedroom;

  constructor(session: Bedroom) {
    this.#session = session;
  }

  async sleep(scheduled: ScheduledResource): Promise<void> {
    const { record, scheduler } = this.#session;
    await this.#watched(scheduled, 'falling asleep', async (live, since) => {
      try {
        await live.sleep();
      } catch (error) {
        // It may be on its way out by now, because it died or the session ends.
        if (scheduled.state !== 'fallingAsleep') return;
        this.#note(live, `it was stopped instead of put to sleep: ${cause(error)}`);
        scheduler().sleepFailed(scheduled.id);
        return;
      }
      if (scheduled.state !== 'fallingAsleep') return;
      record.add({ type: 'slept', resourceId: live.plan.resourceId, sleepMs: msSince(since) });
      scheduler().asleep(scheduled.id);
    });
  }

  async wake(scheduled: ScheduledResource): Promise<void> {
    const { record, scheduler } = this.#session;
    await this.#watched(scheduled, 'waking', async (live, since) => {
      try {
        await live.wake();
        live.confirm();
      } catch (error) {
        if (scheduled.state !== 'starting') return;
        this.#note(live, `it was stopped and loaded again instead of woken: ${cause(error)}`);
        scheduler().wakeFailed(scheduled.id);
        return;
      }
      const wakeMs = msSince(since);
      record.add({ type: 'woke', resourceId: live.plan.resourceId, wakeMs });
      scheduler().started(scheduled.id, { cost: wakeMs });
    });
  }

  async #watched(
    { id }: ScheduledResource,
    activity: string,
    step: (live: LiveResource, since: number) => Promise<void>,
  ): Promise<void> {
    const live = this.#session.resources.get(id);
    const watch = this.#session.progress.watch(live.plan.spec, activity);
    await step(live, performance.now()).finally(() => watch.done());
  }

  #note({ plan: { spec, resourceId } }: LiveResource, message: string): void {
    this.#session.record.add({ type: 'noted', spec, resourceId, message });
  }
}

function msSince(since: number): number {
  return Math.round(performance.now() - since);
}

/** As part of another sentence. */
function cause(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line.replace(/\.$/, '');
}
