import { move, startingResource, type ResourceState } from '../../../src/session/scheduler/state';

const limits = { startTimeoutMs: 1, stopTimeoutMs: 1 };
const demand = {
  ...{ id: '1', key: 'gpu:a', provider: 'gpu', holding: [] },
  policy: { maxLive: 1, sharing: 'shared', retain: 'lease', ...limits },
} as const;

const states: readonly ResourceState[] = [
  ...(['starting', 'ready', 'fallingAsleep', 'asleep', 'stopping', 'stopFailed'] as const),
];

test.each([
  ['starting', ['ready', 'stopping']],
  ['ready', ['fallingAsleep', 'stopping']],
  ['fallingAsleep', ['asleep', 'stopping']],
  ['asleep', ['starting', 'stopping']],
  ['stopping', ['stopFailed']],
  ['stopFailed', ['stopping']],
] as const)('from %s a resource moves to %j, and any other move is not made', (from, legal) => {
  const reached = states.filter((to) => {
    const resource = startingResource('1', demand, []);
    resource.state = from;
    const isMade = move(resource, to);
    expect(resource.state).toBe(isMade ? to : from);
    return isMade;
  });
  expect(reached).toEqual(legal);
});
