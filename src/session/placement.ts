import type { LeaseDemand, ScheduledResource } from './scheduled';

/** What takes devices: a resource that lives, or an older request that takes them first. */
export type Occupant = Pick<ScheduledResource, 'devices' | 'policy'>;

/** Who wants devices. */
export type Claim = Pick<LeaseDemand, 'provider' | 'policy' | 'need'>;

/** A request that wants the very devices on which a resource sleeps. */
export function atHome(demand: Claim, { home }: ScheduledResource): Claim {
  return { ...demand, need: { pool: home, count: home.length } };
}

/** Whether two may want the same device. */
export function contend(a: Claim, b: Claim): boolean {
  const pool = poolOf(b);
  return poolOf(a).some((device) => pool.includes(device));
}

/** Whether a request could take a device that the resource is on. */
export function couldUse(demand: Claim, { devices }: Pick<ScheduledResource, 'devices'>): boolean {
  return poolOf(demand).some((device) => devices.includes(device));
}

/** The devices for a request beside the occupants, undefined if they are too few. On none live more than all on it allow. */
export function placeFor(demand: Claim, occupants: readonly Occupant[]): string[] | undefined {
  const devices = roomFor(demand, occupants);
  return devices.length < countOf(demand) ? undefined : devices;
}

/** The occupants, and those who come first, each with what it needs or as much of that as there is. */
export function withOlder(occupants: readonly Occupant[], older: readonly Claim[]): Occupant[] {
  const all = [...occupants];
  for (const demand of older) all.push({ devices: roomFor(demand, all), policy: demand.policy });
  return all;
}

/** Whether a resource is on a device that the request could use, and that has no room beside the occupants. */
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

/** Where resources count: on their devices. A provider that names none has one place for all that it makes. */
export function placesOf(provider: string, devices: readonly string[] = []): readonly string[] {
  return devices.length > 0 ? devices : [`the place of ${provider}`];
}

function poolOf({ need, provider }: Claim): readonly string[] {
  return placesOf(provider, need?.pool);
}

function countOf({ need }: Claim): number {
  return need?.count ?? 1;
}
