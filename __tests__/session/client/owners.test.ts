import { isWithin, Owners, type Owner } from '../../../src/session/client/owners';
import { gate } from '../own-session';

/** Leases as a host does: asks who holds what, then gives the new lease to the present owner. */
async function lease(owners: Owners, id: string, granted: Promise<void> = Promise.resolve()) {
  owners.enter();
  return take(owners, id, granted);
}

async function take(owners: Owners, id: string, granted: Promise<void>) {
  const owner = owners.current;
  const holding = owners.holding().sort();
  owner.isFresh = false;
  await granted;
  const { detach } = owners.attach(id, owner);
  return { holding, release: detach };
}

test('code that leases one thing after another holds the earlier ones while it waits', async () => {
  const owners = new Owners('file');
  const a = await lease(owners, 'a');
  const b = await lease(owners, 'b');
  expect([a.holding, b.holding]).toEqual([[], ['a']]);
  a.release();
  expect((await lease(owners, 'c')).holding).toEqual(['b']);
});

test('code that runs side by side does not hold what its siblings lease', async () => {
  const owners = new Owners('file');
  const both = await Promise.all([lease(owners, 'a'), lease(owners, 'b')]);
  expect(both.map(({ holding }) => holding)).toEqual([[], []]);
});

test('siblings hold what was leased before they parted', async () => {
  const owners = new Owners('file');
  await owners.run('test', async () => {
    await lease(owners, 'a');
    const both = await Promise.all([lease(owners, 'b'), lease(owners, 'c')]);
    expect(both.map(({ holding }) => holding)).toEqual([['a'], ['a']]);
  });
});

test('inner code holds what the code around it leased, outer code not what runs inside', async () => {
  const owners = new Owners('file');
  const [inside, door] = [gate(), gate()];
  await owners.run('describe', async () => {
    await lease(owners, 'a');
    const test = owners.run('test', async () => {
      expect((await lease(owners, 'b')).holding).toEqual(['a']);
      inside.open();
      await door.passed;
    });
    await inside.passed;
    expect(owners.holding()).toEqual(['a']);
    door.open();
    await test;
  });
});

test('a lease that an activity leaves behind passes to the one around it', async () => {
  const owners = new Owners('file');
  await owners.run('describe', async () => {
    await owners.run('hook', () => lease(owners, 'a'));
    const { holding } = await owners.run('test', () => lease(owners, 'b'));
    expect(holding).toEqual(['a']);
  });
  expect((await lease(owners, 'c')).holding).toEqual(['a', 'b']);
});

test('it passes on also when the activity throws', async () => {
  const owners = new Owners('file');
  const broken = owners.run('hook', async () => {
    await lease(owners, 'a');
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  expect(owners.holding()).toEqual(['a']);
});

test('a lease that was given back is held by nobody, whoever has it by then', async () => {
  const owners = new Owners('file');
  const { release } = await owners.run('hook', () => lease(owners, 'a'));
  expect(owners.holding()).toEqual(['a']);
  release();
  release();
  expect(owners.holding()).toEqual([]);
});

test('an owner is described by the blocks around it, from the outside in', async () => {
  const owners = new Owners('shop.eval.ts');
  expect(owners.describe()).toBe('shop.eval.ts');
  await owners.run('prices', () =>
    owners.run('adds up', async () => {
      await lease(owners, 'a');
      expect(owners.describe()).toBe('shop.eval.ts > prices > adds up');
    }),
  );
});

test('a label that is empty is left out of the description', () => {
  const owners = new Owners('');
  expect(owners.describe(owners.child('test', owners.child('', owners.root)))).toBe('test');
});

test('a loop that leases and releases again and again does not make the chain longer', async () => {
  const owners = new Owners('file');
  let depth = 0;
  for (let round = 0; round < 100; round += 1) {
    const { release } = await lease(owners, `${round}`);
    depth = depthOf(owners.current);
    release();
  }
  expect(depth).toBeLessThan(4);
});

test('code can be run as another owner, and owners know what lies within them', async () => {
  const owners = new Owners('file');
  const block = owners.child('block', owners.root);
  const test = owners.child('test', block);
  expect([isWithin(test, block), isWithin(block, test), isWithin(test, test)]).toEqual([true, false, true]);
  await owners.runIn(block, () => take(owners, 'a', Promise.resolve()));
  expect(owners.runIn(test, () => owners.holding())).toEqual(['a']);
  expect(owners.holding()).toEqual([]);
});

function depthOf(owner: Owner): number {
  return owner.parent === undefined ? 1 : 1 + depthOf(owner.parent);
}
