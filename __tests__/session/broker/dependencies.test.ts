import type { ResourceContext } from '../../../src/pattern/resource-context';
import { caught } from '../../support/caught';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider, type OwnSession } from '../own-session';

ownPlaces();
closeOwnSessions();

/** `app:x` leases `server:x`. */
async function appOnServer(app: Partial<ScriptedProvider['constraints']> = {}): Promise<
  OwnSession & {
    readonly app: ScriptedProvider;
    readonly server: ScriptedProvider;
    contexts: Map<string, ResourceContext>;
  }
> {
  const contexts = new Map<string, ResourceContext>();
  const server = new ScriptedProvider({}, (name, context) => {
    contexts.set(context.resourceId, context);
    return { port: name.length };
  });
  const onServer = new ScriptedProvider(app, async (name, context) => {
    contexts.set(context.resourceId, context);
    return { on: (await context.lease(`server:${name}`)).connection };
  });
  const own = await openOwnSession({ app: onServer, server });
  return { ...own, app: onServer, server, contexts };
}

test('a resource gets the connection of what it leases, which ends after it', async () => {
  const { holder, story, server } = await appOnServer();
  const holding = holder();
  const { leaseId, connection } = await holding.ask('app:x');
  expect(connection).toEqual({ on: { port: 1 } });
  await holding.release(leaseId);
  expect(story().filter((line) => /stop/.test(line))).toEqual([
    'stopping app:x#1: its last lease ended',
    'stopping server:x#1: its last lease ended',
    'stopped server:x#1',
    'stopped app:x#1',
  ]);
  expect(server.destroyed).toHaveLength(1);
});

test('at the end dependents are destroyed before what they depend on', async () => {
  const order: string[] = [];
  const { holder, session, app, server } = await appOnServer({ retain: 'session' });
  for (const provider of [app, server]) provider.destroy = ({ resourceId }) => void order.push(resourceId);
  await holder().ask('app:x');
  await holder().ask('server:x');
  expect((await session.close()).failures).toEqual([]);
  expect(order).toEqual(['app:x#1', 'server:x#1']);
});

test('a dependency is destroyed also when its dependent cannot be', async () => {
  const { holder, session, app, server } = await appOnServer();
  app.destroy = () => {
    throw new Error('the door is locked');
  };
  await holder().ask('app:x');
  const { failures } = await session.close();
  expect(failures.map(({ message }) => message)).toEqual([
    '"app:x#1" could not be torn down: the door is locked',
  ]);
  expect(server.destroyed).toHaveLength(1);
});

test('a resource that dies takes its dependents with it, and their users are told why', async () => {
  const { holder, contexts, story, app } = await appOnServer();
  const [user, bystander] = [holder(), holder()];
  const { leaseId } = await user.ask('app:x');
  await bystander.ask('server:x');
  contexts.get('server:x#1')?.lost('the machine burns');
  expect(user.lost.map((lost) => lost.leaseId)).toEqual([leaseId]);
  expect(user.lost[0]?.error).toMatchObject({ code: 'RESOURCE_LOST', details: { resourceId: 'app:x#1' } });
  expect(user.lost[0]?.error.message).toMatch(
    /"app:x#1" died.*its dependency died.*"server:x#1" died.*the machine burns/,
  );
  expect(bystander.lost).toHaveLength(1);
  await eventually(() => story().includes('stopped app:x#1') && story().includes('stopped server:x#1'));
  expect(app.destroyed).toHaveLength(1);
  expect(story().filter((line) => line.startsWith('lost'))).toHaveLength(2);
});

test('a resource whose dependency dies during its start is a failed start', async () => {
  const { holder, app, contexts, story } = await appOnServer();
  const build = gate();
  app.create = async (name, context) => {
    await context.lease(`server:${name}`);
    await build.passed;
    return 'built on sand';
  };
  const waiting = caught(holder().ask('app:x'));
  await eventually(() => story().includes('leased server:x#1'));
  contexts.get('server:x#1')!.lost('the machine burns');
  build.open();
  const error = await waiting;
  expect(error).toMatchObject({ code: 'SETUP_FAILED' });
  expect(error.message).toMatch(/^"app:x" died while it was started: its dependency died.*the machine burns/);
});

test('a resource that ends as planned is not called lost when its dependency dies meanwhile', async () => {
  const { holder, app, contexts, story } = await appOnServer();
  const end = gate();
  app.destroy = () => end.passed;
  const user = holder();
  const { leaseId } = await user.ask('app:x');
  const released = user.release(leaseId);
  await eventually(() => app.destroyed.length === 1);
  contexts.get('server:x#1')!.lost('the machine burns');
  end.open();
  await released;
  expect(story().filter((line) => line.startsWith('lost'))).toEqual(['lost server:x#1: the machine burns']);
});

test('a start that is given up gives up the dependency that it waits for', async () => {
  const { holder, server, app, story } = await appOnServer();
  server.create = (_name, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  const abort = new AbortController();
  const waiting = caught(holder().ask('app:x', { signal: abort.signal }));
  await eventually(() => server.made.length === 1);
  abort.abort();
  expect(await waiting).toMatchObject({ code: 'SETUP_ABORTED' });
  await eventually(() => ['stopped app:x#1', 'stopped server:x#1'].every((line) => story().includes(line)));
  expect([app.destroyed, server.destroyed]).toEqual([[], []]);
});

test('a start that was given up gets no dependency that it asks for all the same', async () => {
  const { holder, server, app } = await appOnServer();
  const refused = gate<Error>();
  app.create = async (name, { lease, signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    refused.open(await caught(lease(`server:${name}`)));
    throw new Error('too late');
  };
  const abort = new AbortController();
  const waiting = caught(holder().ask('app:x', { signal: abort.signal }));
  await eventually(() => app.made.length === 1);
  abort.abort();
  expect(await waiting).toMatchObject({ code: 'SETUP_ABORTED' });
  expect(await refused.passed).toMatchObject({ code: 'SETUP_ABORTED' });
  expect(server.made).toEqual([]);
});

test('what a dependency is refused for fails the start with that code', async () => {
  const { holder, server } = await appOnServer();
  server.create = () => {
    throw new Error('out of memory');
  };
  const error = await caught(holder().ask('app:x'));
  expect(error).toMatchObject({
    code: 'SETUP_FAILED',
    message: '"server:x" could not be set up: out of memory',
  });
});

test('a dependency is leased during the start only, so that resources form no cycle', async () => {
  const { holder, contexts } = await appOnServer();
  await holder().ask('app:x');
  const error = await caught(contexts.get('app:x#1')!.lease('server:x'));
  expect(error).toMatchObject({
    code: 'PROVIDER_INVALID',
    message:
      '"app:x#1" asked for "server:x" after its start: call context.lease() before createResource() returns.',
  });
});

describe('a request that can never be granted', () => {
  test('is refused at once, naming the specs and who asks and holds', async () => {
    const { holder } = await openOwnSession({ gpu: new ScriptedProvider() });
    const asking = holder();
    const { leaseId } = await asking.ask('gpu:a', { requester: 'one.eval.ts > outer' });
    const error = await caught(
      asking.ask('gpu:b', { holding: [leaseId], requester: 'one.eval.ts > outer > inner' }),
    );
    expect(error).toMatchObject({
      code: 'DEADLOCK',
      details: {
        spec: 'gpu:b',
        requester: 'one.eval.ts > outer > inner',
        holders: ['gpu:a#1 is held by one.eval.ts > outer'],
        others: [],
      },
    });
    expect(error.message.split('\n').slice(0, 2)).toEqual([
      '"gpu:b" can never be granted to one.eval.ts > outer > inner: the request and the leases it waits for block each other.',
      '  gpu:a#1 is held by one.eval.ts > outer',
    ]);
    expect((await asking.ask('gpu:a', { holding: [leaseId] })).resourceId).toBe('gpu:a#1');
  });

  test('is the one that closes the cycle; the other is granted when its user lets go', async () => {
    const own = await openOwnSession({ left: new ScriptedProvider(), right: new ScriptedProvider() });
    const [one, two] = [own.holder(), own.holder()];
    const a = await one.ask('left:a', { requester: 'one.eval.ts' });
    const b = await two.ask('right:b', { requester: 'two.eval.ts' });
    const first = one.ask('right:c', { holding: [a.leaseId], requester: 'one.eval.ts' });
    const sibling = own.holder().ask('right:d', { requester: 'three.eval.ts' });
    const error = await caught(two.ask('left:e', { holding: [b.leaseId], requester: 'two.eval.ts' }));
    expect(error).toMatchObject({ code: 'DEADLOCK' });
    for (const part of [
      '"left:e" can never be granted to two.eval.ts',
      'left:a#1 is held by one.eval.ts',
      'right:b#1 is held by two.eval.ts',
      '"right:c" is wanted by one.eval.ts',
    ])
      expect(error.message).toContain(part);
    await two.release(b.leaseId);
    const granted = await first;
    expect(granted.resourceId).toBe('right:c#1');
    await one.release(granted.leaseId);
    expect((await sibling).resourceId).toBe('right:d#1');
  });

  test('as a dependency it fails the start that needs it', async () => {
    const gpu = new ScriptedProvider({}, (name, { lease }) => (name === 'outer' ? lease('gpu:inner') : null));
    const error = await caught(
      (await openOwnSession({ gpu })).holder().ask('gpu:outer', { requester: 'one.eval.ts' }),
    );
    expect(error).toMatchObject({
      code: 'DEADLOCK',
      details: { spec: 'gpu:inner', requester: 'resource gpu:outer#1' },
    });
  });
});
