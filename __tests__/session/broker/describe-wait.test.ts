import type { ProviderConstraints } from '../../../src/pattern/constraints';
import { describeWait } from '../../../src/session/broker/describe-wait';
import { startingResource, type LeaseDemand } from '../../../src/session/scheduler/state';

function demand(key: string, constraints: Partial<ProviderConstraints> = {}): LeaseDemand {
  const limits = { startTimeoutMs: 1, stopTimeoutMs: 1 };
  const policy = { maxLive: 1, sharing: 'shared', retain: 'session', ...limits, ...constraints } as const;
  return { id: '1', key, provider: 'vllm', policy, holding: [] };
}

test('a wait for a place names the option that limits the places', () => {
  expect(describeWait(demand('vllm:b'), [startingResource('1', demand('vllm:a'), [])])).toBe(
    'all places of "vllm" are taken (maxLive: 1)',
  );
});

test('a wait for a device says that the limit is one of each device', () => {
  const need = { pool: ['gpu 0'], count: 1 };
  expect(describeWait({ ...demand('vllm:b'), need }, [])).toBe(
    'all places of "vllm" are taken (maxLive: 1 on each device)',
  );
});

test('a wait for an exclusive resource that is in use says so, and names that option', () => {
  const exclusive = demand('vllm:a', { sharing: 'exclusive' });
  expect(describeWait(exclusive, [startingResource('1', exclusive, [])])).toBe(
    "it is in use, and is leased to one at a time (sharing: 'exclusive')",
  );
});
