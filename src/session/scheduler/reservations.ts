import type { DeviceNeed } from '../../pattern/device-need';
import { contend, type Claim } from './placement';
import { isUp, type ScheduledResource, type Waiter } from './state';

/** A running test file and the resource that it is going to request. */
export interface Reservation extends Claim {
  readonly file: string;
  readonly key: string;
}

/** A reservation with its position in the queue. */
export type Placed = Reservation & { readonly since: number };

/**
 * The positions that files have in the queue before they request anything: a file that began earlier goes
 * first, however long it takes to reach its first request. So a quicker file of the next model does not come
 * between the files of one model.
 */
export class Reservations {
  readonly #byFile = new Map<string, Placed>();

  add(reservation: Reservation, since: number): void {
    this.#byFile.set(reservation.file, { ...reservation, since });
  }

  /**
   * Sets the devices that the resource needs, which its provider may take a while to say. Does nothing if the
   * file has ended.
   */
  setNeed(file: string, need: DeviceNeed | undefined): void {
    const reservation = this.#byFile.get(file);
    if (reservation !== undefined) this.#byFile.set(file, { ...reservation, need });
  }

  delete(file: string): void {
    this.#byFile.delete(file);
  }

  /** The queue position of a file's request for the resource that it has reserved. */
  placeOf(file: string | undefined, key: string): number | undefined {
    const reservation = this.#byFile.get(file ?? '');
    return reservation?.key === key ? reservation.since : undefined;
  }

  /**
   * The reservations of earlier files on the devices that a waiter wants, each resource once. A file that
   * waits for a request of its own is left out: that request counts instead, and may wait for this very
   * place. No reservation holds back a start's request for a dependency.
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

/** The reservations whose resource is neither up nor requested by an older waiter. */
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
