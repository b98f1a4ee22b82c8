import type { DeviceNeed } from '../pattern/device-need';
import { contend, type Claim } from './placement';
import { isUp, type ScheduledResource, type Waiter } from './scheduled';

/** A file that is under way, and the resource that it is going to ask for. */
export interface Reservation extends Claim {
  readonly file: string;
  readonly key: string;
}

/** A reservation with its place in the queue. */
export type Placed = Reservation & { readonly since: number };

/**
 * The places that files have in the queue before they ask: a file that began earlier goes first, however long it takes to get to its
 * first request. So the files of one model are not cut in two by a quicker file of the next model.
 */
export class Reservations {
  readonly #byFile = new Map<string, Placed>();

  add(reservation: Reservation, since: number): void {
    this.#byFile.set(reservation.file, { ...reservation, since });
  }

  /** What the resource needs, which its provider may take a while to say; nothing if the file has ended. */
  setNeed(file: string, need: DeviceNeed | undefined): void {
    const reservation = this.#byFile.get(file);
    if (reservation !== undefined) this.#byFile.set(file, { ...reservation, need });
  }

  delete(file: string): void {
    this.#byFile.delete(file);
  }

  /** The place that a file's request for what it has reserved takes. */
  placeOf(file: string | undefined, key: string): number | undefined {
    const reservation = this.#byFile.get(file ?? '');
    return reservation?.key === key ? reservation.since : undefined;
  }

  /**
   * What is reserved on the devices that a waiter wants by files which began before it, each resource once. A file that waits for
   * something itself keeps nobody waiting: its request speaks for it, and what it waits for may be this very slot. Neither does a
   * file keep a start from what that depends on.
   */
  ahead(waiter: Waiter, waiters: readonly Waiter[]): Placed[] {
    if (waiter.startOf !== undefined) return [];
    const waiting = new Set(waiters.map(({ file }) => file));
    const older = [...this.#byFile.values()].filter(
      (reservation) =>
        reservation.since < waiter.since &&
        reservation.key !== waiter.key &&
        contend(reservation, waiter) &&
        !waiting.has(reservation.file),
    );
    return older.filter(({ key }, index) => older.findIndex((first) => first.key === key) === index);
  }
}

/** Of what is reserved, that which nobody older asks for, and which is not there yet. */
export function stillToAsk(
  reserved: readonly Placed[],
  older: readonly Waiter[],
  resources: readonly ScheduledResource[],
): Placed[] {
  return reserved.filter(
    ({ key }) =>
      !older.some((waiter) => waiter.key === key) &&
      !resources.some((resource) => resource.key === key && isUp(resource)),
  );
}
