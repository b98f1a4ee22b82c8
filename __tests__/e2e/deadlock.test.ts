import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const one = `new NotingProvider({ maxLive: 1, retain: 'session' })`;
const providers = providerModule({
  nested: one,
  blocks: one,
  left: one,
  right: one,
  east: one,
  west: one,
  siblings: one,
  samples: one,
  loop: one,
  concurrent: one,
  turn: one,
  pairs: one,
  // Whoever gets one of the two places waits until both are taken, by blocks that want two each.
  two: `new (class extends NotingProvider {
    async createResource(name) {
      const made = await super.createResource(name);
      if (name === 'p' || name === 'r') await Promise.all([noted('start p'), noted('start r')]);
      return made;
    }
  })({ maxLive: 2 })`,
});

const specs = {
  'nested.eval.js': spec(`
    withClient(['nested:a'], (handle) => {
      test('asks for the place it holds', async () => {
        const refusal = modelProviders.setup('nested:b');
        await expect(refusal).rejects.toMatchObject({ code: 'DEADLOCK' });
        expect(handle.isActive).toBe(true);
        await refusal;
      });
      test('asks for what it has', async () => {
        const again = await modelProviders.setup('nested:a');
        expect(again.resourceId).toBe(handle.resourceId);
        await again.teardown();
      });
    });
    test('gets it afterwards', async () => {
      const handle = await modelProviders.setup('nested:b');
      await handle.teardown();
    });`),
  'blocks.eval.js': spec(`
    withClient(['blocks:a'], () => {
      withClient(['blocks:b'], () => test('never', () => note('went on')));
    });
    withClient(['blocks:b'], () => test('is served', () => undefined));`),
  'siblings.eval.js': spec(`
    const use = async (model) => {
      const handle = await modelProviders.setup(model);
      try {
        await new Promise(setImmediate);
        expect(handle.client.name).toBe(model.split(':')[1]);
      } finally {
        await handle.teardown();
      }
    };
    test('Promise.all', () => Promise.all(['siblings:a', 'siblings:b', 'siblings:c'].map(use)));
    test('one after the other', async () => {
      for (const model of ['siblings:a', 'siblings:b', 'siblings:a', 'siblings:b']) await use(model);
    });
    const rounds = ['a', 'b', 'a', 'c', 'b'].map((name, round) => [\`loop:\${name}\`, round]);
    foreach('model, round', rounds, async ({ model }) => {
      await use(model);
      return new Result(model);
    });
    describe('test.concurrent', () => {
      test.concurrent.each(['concurrent:a', 'concurrent:b', 'concurrent:c'])('%s', use);
    });
    describe('blocks one after the other', () => {
      withClient(['turn:a', 'turn:b'], (handle) => test('is served', () => expect(handle.isActive).toBe(true)));
    });`),
  'pairs.eval.js': spec(`
    withClients({ first: 'pairs:a', second: 'pairs:b' }, () => test('never', () => note('went on')));
    withClients({ outer: 'pairs:a' }, () => {
      withClients({ inner: 'pairs:b' }, () => test('never', () => note('went on')));
      withClients({ again: 'pairs:a' }, ({ again }) => test('has the same', () => expect(again.isActive).toBe(true)));
    });
    withClients({ next: 'pairs:b' }, () => test('is served', () => undefined));`),
  'crossed.eval.js': spec(`
    const cross = async (first, second) => {
      const held = await modelProviders.setup(first);
      note('holds one');
      await noted('holds one', 2);
      try {
        const wanted = await modelProviders.setup(second);
        note('got both');
        await wanted.teardown();
      } catch (error) {
        note(error.code);
        throw error;
      } finally {
        await held.teardown();
      }
    };
    test.concurrent('to the right', () => cross('left:a', 'right:b'), 60_000);
    test.concurrent('to the left', () => cross('right:a', 'left:b'), 60_000);`),
};

// Two files that cross, for two workers.
const crossing = (first: string, second: string): string =>
  spec(`
    withClient(['${first}'], () => {
      beforeAll(async () => {
        note('holds one of two files');
        await noted('holds one of two files', 2);
      }, 60_000);
      withClient(['${second}'], () => test('has both of two files', () => note('got both of two files')));
    });`);
const onlyIn = {
  'in band': {},
  'in workers': { 'a.eval.js': crossing('east:a', 'west:b'), 'b.eval.js': crossing('west:a', 'east:b') },
};

describe.each(bothModes)('leases that wait for each other, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest({ ...providers, ...specs, ...onlyIn[mode] }, mode, { config: withProviders });
  });

  test('leave nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test('a test that asks for the place its block holds fails at once, naming both and the file', () => {
    const { status, message } = outcome(run, 'nested:a asks for the place it holds');
    expect(status).toBe('failed');
    expect(message).toContain(
      '"nested:b" can never be granted to nested.eval.js > nested:a > asks for the place it holds',
    );
    expect(message).toContain('nested:a#1 is held by nested.eval.js > nested:a');
    expect(outcome(run, 'gets it afterwards').status).toBe('passed');
  });

  test('asking again for what one holds is no deadlock', () => {
    expect(outcome(run, 'nested:a asks for what it has').status).toBe('passed');
  });

  test('an inner block that needs the place of the outer one fails, and the next block is served', () => {
    expect(outcome(run, 'blocks:a blocks:b never').message).toContain(
      '"blocks:b" can never be granted to blocks.eval.js > blocks:a > blocks:b',
    );
    expect(run.notes).not.toContain('went on');
    expect(outcome(run, 'blocks:b is served').status).toBe('passed');
  });

  test('a block that wants two of what there is one of fails, and so does one that stands in a block that has it', () => {
    expect(outcome(run, 'pairs:a pairs:b never')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining(
        '"pairs:b" can never be granted to pairs.eval.js > pairs:a > pairs:b',
      ) as string,
    });
    expect(
      run.tests.filter(({ title }) => title === 'pairs:a pairs:b never').map(({ status }) => status),
    ).toEqual(['failed', 'failed']);
    expect(outcome(run, 'pairs:a pairs:a has the same').status).toBe('passed');
    expect(outcome(run, 'pairs:b is served').status).toBe('passed');
  });

  test.each([
    'Promise.all',
    'one after the other',
    'foreach model, round',
    'test.concurrent concurrent:a',
    'test.concurrent concurrent:b',
    'test.concurrent concurrent:c',
    'blocks one after the other turn:b is served',
  ])('siblings wait for each other and are all served: %s', (title) => {
    expect(outcome(run, title)).toMatchObject({ status: 'passed', message: '' });
  });

  test('of two concurrent tests that cross, one is refused and the other is served', () => {
    expect(run.notes.filter((line) => line === 'DEADLOCK' || line === 'got both').sort()).toEqual([
      'DEADLOCK',
      'got both',
    ]);
  });

  if (mode === 'in workers')
    test('of two files in two workers that cross, one is refused naming both files, and the other is served', () => {
      expect(run.notes.filter((line) => line === 'got both of two files')).toHaveLength(1);
      const refused = run.tests.filter(
        ({ title, status }) => title.endsWith('has both of two files') && status === 'failed',
      );
      expect(refused).toHaveLength(1);
      expect(refused[0]?.message).toMatch(/can never be granted to (a|b)\.eval\.js/);
      expect(refused[0]?.message).toContain('east:a#1 is held by a.eval.js > east:a');
      expect(refused[0]?.message).toContain('west:a#1 is held by b.eval.js > west:a');
    });
});

describe('of two files in two workers that want the same at once', () => {
  const both = (meeting: string, specs: Record<string, string>): string =>
    spec(`
      beforeAll(async () => {
        note('here for ${meeting}');
        await noted('here for ${meeting}', 2);
      }, 60_000);
      withClients(${JSON.stringify(specs)}, (handles) => {
        const names = () => Object.values(handles).map(({ client }) => client.name).sort().join('');
        test('has both of ${meeting}', () => note('has ' + names() + ' of ${meeting}'));
      });`);

  let run: JestRun;
  beforeAll(async () => {
    const files = {
      ...providers,
      'a.eval.js': both('two providers', { x: 'left:a', y: 'right:b' }),
      'b.eval.js': both('two providers', { x: 'right:a', y: 'left:b' }),
      'c.eval.js': both('one provider', { x: 'two:p', y: 'two:q' }),
      'd.eval.js': both('one provider', { x: 'two:r', y: 'two:s' }),
    };
    run = await runJest(files, 'in workers', { config: withProviders, workers: 4 });
  });

  test.each([
    [
      'one place each of two providers, under names in another order',
      'two providers',
      ['has ab of two providers', 'has ab of two providers'],
    ],
    [
      'both places of one provider, of which each got one',
      'one provider',
      ['has pq of one provider', 'has rs of one provider'],
    ],
  ])('%s, both are served', (_what, meeting, served) => {
    expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((line) => line.startsWith('has') && line.endsWith(meeting)).sort()).toEqual(
      served,
    );
  });
});
