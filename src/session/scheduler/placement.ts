import type { LeaseDemand, ScheduledResource } from './state';

/** An occupant of devices: a live resource, or an older request that is served first. */
export type Occupant = Pick<ScheduledResource, 'devices' | 'policy'>;

/** A demand for devices. */
export type Claim = Pick<LeaseDemand, 'provider' | 'policy' | 'need'>;

/** The same demand, for the devices on which a resource sleeps. */
export function atHome(demand: Claim, { home }: ScheduledResource): Claim {
  return { ...demand, need: { pool: home, count: home.length } };
}

/** Whether two demands compete for a device. */
export function contend(a: Claim, b: Claim): boolean {
  const pool = poolOf(b);
  return poolOf(a).some((device) => pool.includes(device));
}

/** Whether a request could take a device that the resource is on. */
export function couldUse(demand: Claim, { devices }: Pick<ScheduledResource, 'devices'>): boolean {
  return poolOf(demand).some((device) => devices.includes(device));
}

/**
 * The devices for a demand beside the occupants; undefined if there are too few. The least `maxLive` of all
 * on a device is its limit.
 */
export function placeFor(demand: Claim, occupants: readonly Occupant[]): string[] | undefined {
  const devices = roomFor(demand, occupants);
  return devices.length < countOf(demand) ? undefined : devices;
}

/**
 * The occupants and the older demands, each with the devices that it needs, or as many of them as are free.
 */
export function withOlder(occupants: readonly Occupant[], older: readonly Claim[]): Occupant[] {
  const all = [...occupants];
  for (const demand of older) all.push({ devices: roomFor(demand, all), policy: demand.policy });
  return all;
}

/**
 * Whether a resource is on a device that the request could use, and that has no room beside the occupants.
 */
export function isInTheWay({ devices }: Occupant, demand: Claim, occupants: readonly Occupant[]): boolean {
  return poolOf(demand).some((device) => devices.includes(device) && !hasRoom(device, demand, occupants));
}

function roomFor(demand: Claim, occupants: readonly Occupant[]): string[] {
  return poolOf(demand)
    .filter((device) => hasRoom(device, demand, occupants))
    .slice(0, countOf(demand));
}

function hasRoom(device: string, { policy }: Claim, occupants: readonly Occupant[]): boolean {
  const others = occupants.filter(({ devices }) => devices.includes(device));
  return Math.min(policy.maxLive, ...others.map((other) => other.policy.maxLive)) > others.length;
}

/**
 * The places on which a resource counts against `maxLive`: its devices, or one place for the whole provider
 * if it names none.
 */
export function placesOf(provider: string, devices: readonly string[] = []): readonly string[] {
  return devices.length > 0 ? devices : [`the place of ${provider}`];
}

function poolOf({ need, provider }: Claim): readonly string[] {
  return placesOf(provider, need?.pool);
}

function countOf({ need }: Claim): number {
  return need?.count ?? 1;
}
