import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { matrixConfig } from './matrix-project';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';
import { WarmPlaces } from './warm-places';

const places = new WarmPlaces();

/** For commands: runs of Jest write their own. */
const jestConfig = {
  'jest.config.json': JSON.stringify({ preset: 'jest-model-provider', ...withProviders }),
};

const asks = (model: string, question: string, answer: RegExp): string =>
  spec(`
    withClient(['${model}'], (handle) => {
      test('answers', async () => expect((await handle.client.generate('${question}')).text).toMatch(${answer}));
    });`);

function types(run: JestRun): string[] {
  return [...new Set(run.events.map(({ type }) => type))].sort();
}

test('warm models, also of providers in TypeScript, serve runs of both kinds without a load, in one process each, and down leaves nothing', async () => {
  const config = { testEnvironmentOptions: { modelProviders: './providers.ts' } };
  places.write({
    'jest.config.json': JSON.stringify({ preset: 'jest-model-provider', ...config }),
    'providers.ts': `
      import { defineProviders, EmbeddedProvider } from 'jest-model-provider';
      const parallel: number = 2;
      export default defineProviders({ mine: new EmbeddedProvider({ parallel }) });`,
  });
  const up = places.up('embedded:expert', 'mine:novice');
  expect(up.loaded).toEqual(['embedded:expert', 'mine:novice']);
  const warm = up.supervisor.resources;
  expect(warm.map(({ resourceId }) => resourceId)).toEqual(['embedded:expert#1', 'mine:novice#1']);
  const answers = {
    'answers.eval.js': asks('embedded:expert', '2 + 3', /5/),
    'again.eval.js': asks('embedded:expert', '3 + 3', /6/),
    'mine.eval.js': asks('mine:novice', '2 + 3', /./),
  };
  for (const mode of bothModes) {
    const run = await runJest(answers, mode, places.run({ config }));
    expect(run.exit).toBe(0);
    expect(types(run)).toEqual(['borrowed', 'leased', 'released', 'requested', 'returned']);
    for (const { resourceId } of warm)
      expect(run.events).toContainEqual(
        expect.objectContaining({ type: 'borrowed', resourceId, from: up.supervisor.pid }),
      );
    expect(run.output).toMatch(/│ embedded:expert │ +0 │ +- │ +2 │ .* │ was warm, and stays so │/);
    expect(run.output).not.toContain('stopped');
    expect(places.status().resources).toEqual(warm);
  }
  expect(places.json('down')).toEqual({ stopped: ['embedded:expert', 'mine:novice'], supervisor: null });
  expect(places.left()).toEqual([]);
});

test.each(bothModes)('the warm model of a matrix goes first, %s', async (mode) => {
  places.up('embedded:expert');
  // Otherwise it would go first for its load time, which is known by now.
  rmSync(join(places.env['XDG_STATE_HOME']!, 'jest-model-provider/load-times.json'));
  const models = JSON.stringify(['embedded:novice', 'embedded:expert']);
  const files = {
    ...matrixConfig(mode, { models, config: { testEnvironmentOptions: {} } }),
    'matrix.eval.js': spec(`withClient(${models}, (handle, model) => test('runs', () => note(model)));`),
  };
  const options = { args: ['--config', 'matrix.config.js'], workers: 1 };
  expect((await runJest(files, mode, places.run(options))).notes).toEqual([
    'embedded:expert',
    'embedded:novice',
  ]);
  places.json('down');
  expect(places.left()).toEqual([]);
});

test.each(bothModes)(
  'another config than that of the warm resource, and other code of the provider module, make a load of their own, %s',
  async (mode) => {
    places.write({
      ...providerModule({ db: 'new NotingProvider({ maxLive: 4 })' }),
      ...jestConfig,
    });
    const own = `test('leases', async () => {
    const plain = await modelProviders.setup('db:a');
    const large = await modelProviders.setup('db:a', { size: 2 });
    expect([plain, large].map(({ resourceId }) => resourceId)).toEqual(['db:a#1', 'db:a#2']);
  });`;
    places.up('db:a', '{ "spec": "db:b", "config": { "size": 1 } }');
    const run = await runJest({ 'own.eval.js': spec(own) }, mode, places.run({ config: withProviders }));
    expect(run.exit).toBe(0);
    expect(run.events.flatMap((event) => (event.type === 'borrowed' ? [event.resourceId] : []))).toEqual([
      'db:a#1',
    ]);
    expect(run.notes).toEqual(['start a', 'stop a']);
    places.write({
      'providers.js': `${providerModule({ db: 'new NotingProvider({ maxLive: 4 })' })['providers.js']}\n`,
    });
    const changed = await runJest({}, mode, places.run({ config: withProviders }));
    expect(changed.events.filter(({ type }) => type === 'borrowed')).toEqual([]);
    expect(changed.output).toContain(
      'jest-model-provider: warm "db:a" is not used: the provider module is another one, or has changed',
    );
    expect(places.command('up', 'db:a')).toMatchObject({
      exit: 1,
      err: expect.stringMatching(
        /^SUPERVISOR_CONFLICT: The supervisor \(pid \d+\) has loaded .*providers\.js before it was changed: end it with/,
      ) as string,
    });
    places.json('down');
    expect(places.left()).toEqual([]);
  },
);

test.each(bothModes)(
  'a supervisor that is killed during a run %s makes its tests red and leaves nothing',
  async (mode) => {
    const { supervisor } = places.up('embedded:expert');
    const killed = spec(`
    withClient(['embedded:expert'], (handle) => {
      test('uses it', async () => {
        expect(handle.isActive).toBe(true);
        process.kill(${supervisor.pid}, 'SIGKILL');
        while (handle.isActive) await new Promise((resolve) => setTimeout(resolve, 5));
        handle.client;
      });
      test('does not use it', () => undefined);
    });`);
    const run = await runJest({ 'killed.eval.js': killed }, mode, places.run());
    expect(run.exit).toBe(1);
    const lost = expect.stringMatching(
      new RegExp(
        `RESOURCE_LOST.*"embedded:expert#1" died while it was in use: the supervisor \\(pid ${supervisor.pid}\\), which kept it warm, has ended`,
      ),
    ) as string;
    for (const title of ['embedded:expert uses it', 'embedded:expert does not use it'])
      expect(outcome(run, title)).toMatchObject({ status: 'failed', message: lost });
    await eventually(() => places.left().length === 0);
    expect(places.json('status')).toEqual({ supervisor: null });
  },
);

test.each(bothModes)(
  'a warm resource whose time is over ends with everything, but not while a run uses it, %s',
  async (mode) => {
    const { supervisor } = places.up('embedded:novice');
    const late = spec(`
    withClient(['embedded:novice'], (handle) => {
      test('outlives its time', async () => {
        note('leased');
        await noted('its time is over');
        expect((await handle.client.generate('2 + 3')).text).not.toBe('');
      }, 60_000);
    });`);
    const jest = startJest({ 'late.eval.js': late }, mode, places.run());
    await jest.noted('leased');
    places.up('embedded:novice', '--ttl', '1s');
    await sleep(1500);
    jest.note('its time is over');
    const run = await jest.finished();
    expect(run.exit).toBe(0);
    expect(run.events).toContainEqual(expect.objectContaining({ type: 'borrowed', from: supervisor.pid }));
    await eventually(() => places.left().length === 0);
  },
);

test.each(bothModes)('a run that is killed gives back what it borrowed, %s', async (mode) => {
  places.up('embedded:novice');
  const endless = spec(`
    withClient(['embedded:novice'], (handle) => {
      test('never ends', async () => { note('leased'); await noted('never'); }, 600_000);
    });`);
  const run = startJest({ 'endless.eval.js': endless }, mode, places.run());
  await run.noted('leased');
  expect(places.status().resources[0]?.holders).toEqual([
    expect.stringMatching(new RegExp(`^jest \\(pid ${run.pid}\\) in .*my project$`)),
  ]);
  expect(places.command('down')).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/^WARM_RESOURCE_IN_USE: Nothing was ended: /) as string,
  });
  process.kill(run.pid, 'SIGKILL');
  await run.finished();
  await eventually(() => places.status().resources[0]?.holders.length === 0);
  expect(places.json('down')).toMatchObject({ stopped: ['embedded:novice'] });
  // A run that started no server has no guardian: its two files wait for the next sweep.
  expect(places.json<{ sessions: string[] }>('clean').sessions).toHaveLength(1);
  // Its workers end when they hear of it.
  await eventually(() => places.left().length === 0);
});
