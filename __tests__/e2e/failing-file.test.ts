import { noModel, outcome, notesAbout, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';
import { wrongUses, wrongUseSpecs } from './wrong-uses';

// Each leases a resource of its own name, and fails.
const failing = {
  test: `withClient(['noting:test'], () => test('fails', () => { throw new Error('broken test'); }));`,
  beforeAll: `
    withClient(['noting:beforeAll'], () => {
      beforeAll(() => { throw new Error('broken beforeAll'); });
      test('never', () => undefined);
    });`,
  beforeEach: `
    withClient(['noting:beforeEach'], { scope: 'test' }, () => {
      beforeEach(() => { throw new Error('broken beforeEach'); });
      test('never', () => undefined);
    });`,
  afterAll: `
    withClient(['noting:afterAll'], () => {
      afterAll(() => { throw new Error('broken afterAll'); });
      test('passes', () => undefined);
    });`,
  forgotten: `
    test('fails', async () => {
      await modelProviders.setup('noting:forgotten');
      throw new Error('broken test');
    });`,
  setupFile: `test('never', () => undefined);`,
  topLevel: `
    void modelProviders.setup('noting:topLevel');
    throw new Error('broken file');`,
  timeout: `
    let setup;
    beforeAll(async () => {
      setup = modelProviders.setup('slow:timeout');
      setup.catch(() => undefined);
      await noted('start timeout');
    });
    beforeAll(() => setup, 50);
    test('never, for want of time', () => undefined);`,
  atTheEnd: `
    withClient(['embedded:novice'], (handle) => {
      test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
    });
    afterAll(() => { throw new Error('broken end'); });`,
  rejection: `
    withClient(['embedded:novice'], (handle) => {
      test('leaves a rejection', () => { void Promise.reject(new Error('nobody cares')); });
    });`,
  teardown: `withClient(['shy:teardown'], () => test('is torn down at the second try', () => undefined));`,
  several: `
    withClients({ bad: 'zfailing:x', good: 'noting:good', busy: 'stuck:door' }, () => {
      test('never', () => note('went on'));
    });
    withClient(['noting:next'], () => test('is served', () => undefined));`,
};

const setupFile = `
  const { modelProviders } = require('jest-model-provider');
  if (expect.getState().testPath.endsWith('setupFile.eval.js')) {
    beforeAll(async () => {
      await modelProviders.setup('noting:setupFile');
      throw new Error('broken setup file');
    });
  }`;

// Starts until it is given up, and takes its abort signal at its word.
const slow = `new (class extends NotingProvider {
  async createResource(name, config, { signal }) {
    await super.createResource(name);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    note('abort ' + name);
    throw signal.reason;
  }
})()`;

const shy = `new (class extends NotingProvider {
  #tries = 0;
  async destroyResource({ name }) {
    note('try ' + name);
    this.#tries += 1;
    if (this.#tries === 1) throw new Error('not yet');
  }
})()`;

const stuck = `new (class extends NotingProvider {
  disposeClient({ name }) { throw new Error(name + ' is busy'); }
})()`;

// Set up after all others.
const zfailing = `new (class extends NotingProvider {
  async createResource() { throw new Error('no licence'); }
})()`;

describe.each(bothModes)('a file that fails, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const specs = Object.entries(failing).map(([name, body]) => [`${name}.eval.js`, spec(body)]);
    run = await runJest(
      {
        ...providerModule({ noting: 'new NotingProvider()', db: noModel(), slow, shy, stuck, zfailing }),
        'setup.js': setupFile,
        ...(Object.fromEntries(specs) as Record<string, string>),
        ...wrongUseSpecs,
      },
      mode,
      { config: { ...withProviders, setupFilesAfterEnv: ['./setup.js'] } },
    );
  });

  test('makes the run red and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each(['test', 'beforeAll', 'beforeEach', 'afterAll', 'forgotten', 'setupFile'])(
    'gives its lease back at its end, not at that of the run: %s',
    (name) => {
      expect(notesAbout(run, name)).toEqual([`start ${name}`, `stop ${name}`]);
      expect(run.events).toContainEqual(
        expect.objectContaining({
          type: 'stopping',
          resourceId: `noting:${name}#1`,
          reason: 'its last lease ended',
        }),
      );
    },
  );

  test('that throws at its top level gives up what it had asked for', () => {
    expect(outcome(run, 'topLevel.eval.js').message).toContain('broken file');
    const count = (type: string) =>
      run.events.filter(
        (event) => event.type === type && 'resourceId' in event && event.resourceId === 'noting:topLevel#1',
      ).length;
    expect(count('stopped')).toBe(count('starting'));
  });

  test('whose own beforeAll times out during a setup gives the setup up at its end', () => {
    expect(outcome(run, 'never, for want of time').message).toContain('Exceeded timeout of 50 ms');
    expect(notesAbout(run, 'timeout')).toEqual(['start timeout', 'abort timeout']);
  });

  test('in an afterAll of its own is red, though its tests passed, with everything torn down', () => {
    expect(outcome(run, 'embedded:novice answers').status).toBe('passed');
    expect(outcome(run, 'atTheEnd.eval.js')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('broken end') as string,
    });
    const ends = run.events.filter(
      (event) => event.type === 'stopped' && event.resourceId === 'embedded:novice#1',
    );
    expect(ends).toHaveLength(1);
  });

  test('because a promise is rejected unhandled after its last test is red, and the session ends once', () => {
    const { status, message } = outcome(run, 'embedded:novice leaves a rejection');
    expect(status).toBe('failed');
    expect(message).toContain('nobody cares');
    expect(run.output.split('jest-model-provider: stopped ')).toHaveLength(2);
  });

  test('because a teardown fails in afterAll is red, and the teardown is tried again', () => {
    expect(outcome(run, 'shy:teardown is torn down at the second try').status).toBe('passed');
    const { status, message } = outcome(run, 'teardown.eval.js');
    expect(status).toBe('failed');
    expect(message).toContain('"shy:teardown#1" could not be torn down: not yet');
    expect(notesAbout(run, 'teardown')).toEqual(['start teardown', 'try teardown', 'try teardown']);
  });

  describe('a setup of several that fails', () => {
    test('fails the tests of the block with its reason, and with the teardowns that failed after it', () => {
      const { status, message } = outcome(run, 'zfailing:x noting:good stuck:door never');
      expect(status).toBe('failed');
      expect(message).toContain('no licence');
      expect(message).toContain('What had been set up with it could not be torn down');
      expect(message).toContain('The client of "stuck:door#1" could not be closed: door is busy');
      expect(run.notes).not.toContain('went on');
    });

    test('gives the others back, and the next block is served', () => {
      expect(run.notes.filter((line) => / (good|door|next)$/.test(line))).toEqual([
        'start good',
        'start door',
        'stop door',
        'stop good',
        'start next',
        'stop next',
      ]);
      expect(outcome(run, 'noting:next is served').status).toBe('passed');
    });
  });

  describe('because withClient or withClients is used wrongly', () => {
    test('runs nothing and asks for nothing', () => {
      expect(run.tests.filter(({ title }) => title.includes('of a wrong use'))).toEqual([]);
      expect(run.notes).not.toContain('went on');
      const asked = run.events.filter(
        (event) => event.type === 'requested' && event.requester.startsWith('wrong-'),
      );
      expect(asked).toEqual([]);
    });

    test.each(wrongUses)('%s: %s says: %s', (name, _call, message) => {
      const { status, message: said } = outcome(run, `wrong-${name}.eval.js`);
      expect(status).toBe('failed');
      expect(said).toContain(message);
    });
  });
});
