/** For how long a block of tests leases a resource: for the whole block, or for each of its tests anew. */
export type LeaseScope = 'block' | 'test';

export function isLeaseScope(value: unknown): value is LeaseScope {
  return value === 'block' || value === 'test';
}
