import { completion, fakeEndpoint, json } from '../fixtures/fake-endpoint';
import { noModel, notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const providers = providerModule({
  noting: 'new NotingProvider()',
  db: noModel(`{ sharing: 'perLease' }`),
  fake: `require('jest-model-provider/testing').fakeProvider({ reply: (prompt) => prompt.toUpperCase() })`,
});
const endpoint = fakeEndpoint();

describe.each(bothModes)('withClients, %s', (mode) => {
  let run: JestRun;

  beforeAll(async () => {
    endpoint.answer(json(200, completion('hello')));
    run = await runJest(
      {
        ...providers,
        'several.eval.js': spec(`
          withClients({ model: 'embedded:novice', remote: 'openai:m', fake: 'fake:echo', db: 'db:several' }, (handles) => {
            test('are there at once', async () => {
              const { model, remote, fake, db } = handles;
              expect((await model.client.generate('2 + 3')).text).not.toBe('');
              expect((await remote.client.generate('hi')).text).toBe('hello');
              expect((await fake.client.generate('hi')).text).toBe('HI');
              expect(db.client.name).toBe('several');
              expect(Object.keys(handles)).toEqual(['model', 'remote', 'fake', 'db']);
              note('used several');
            });
          });`),
        'order.eval.js': spec(`
          withClients({ z: 'noting:order-z', m: 'db:order', a: 'noting:order-a' }, ({ z, a }) => {
            test('all live', () => note(['use', z.client.name, a.client.name].join(' ')));
          });`),
        'titles.eval.js': spec(`
          withClients({ b: { spec: 'noting:titles', label: '100 % $b' }, a: 'db:titles' }, () => {
            test('of labels', () => undefined);
          });`),
        'config.eval.js': spec(`
          withClients({ one: 'noting:config', other: { spec: 'noting:config', config: { size: 2 } } }, ({ one, other }) => {
            test('decides which resource is meant', () => note([one.resourceId, other.resourceId].sort().join(' ') + ' ids'));
          });
          withClients({ source: 'db:twin', target: 'db:twin' }, ({ source, target }) => {
            test('two of one kind', () => expect(source.resourceId).not.toBe(target.resourceId));
          });
          withClients({ one: 'noting:shared', other: 'noting:shared' }, ({ one, other }) => {
            test('one that is shared', () => expect(one.resourceId).toBe(other.resourceId));
          });`),
        'scope.eval.js': spec(`
          withClients({ model: 'noting:fresh', db: 'db:fresh' }, { scope: 'test' }, ({ model, db }) => {
            test('first', () => note('first ' + db.client.name));
            test('second', () => note('second ' + model.client.name));
          });`),
        'nested.eval.js': spec(`
          withClient(['noting:outer1', 'noting:outer2'], (outer, label) => {
            withClients({ db: 'db:inner', judge: 'noting:judge' }, ({ db, judge }) => {
              test('has all', () => note([outer.client.name, db.client.name, judge.client.name].join('+') + ' nested'));
              withClient(['noting:innermost'], (handle) => {
                test('and one more', () => note([outer.client.name, db.client.name, handle.client.name].join('+') + ' nested'));
              });
            });
          });`),
        'skipped.eval.js': spec(`
          withClients({ model: 'noting:skipped', db: 'db:skipped' }, () => {
            test.skip('later', () => undefined);
          });
          test('runs', () => undefined);`),
      },
      mode,
      { config: withProviders, env: { OPENAI_BASE_URL: endpoint.baseURL, OPENAI_API_KEY: 'key' } },
    );
  });

  test('a run in which everything goes well is green and leaves nothing', () => {
    expect(run.tests.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(run).toMatchObject({ exit: 0, left: [] });
  });

  test('resources of different providers are there at once, each under its name, with its client', () => {
    expect(run.notes).toContain('used several');
  });

  test('setups come in an order that is not that of the names, teardowns in the reverse order', () => {
    expect(run.notes.filter((line) => line.includes('order'))).toEqual([
      'start order',
      'start order-a',
      'start order-z',
      'use order-z order-a',
      'stop order-z',
      'stop order-a',
      'stop order',
    ]);
  });

  test('titles are the labels in the order of the names, shown verbatim', () => {
    expect(outcome(run, '100 % $b db:titles of labels').status).toBe('passed');
  });

  test('spec and config decide which resource is meant, and its sharing whether two names have one', () => {
    expect(notesAbout(run, 'ids')).toEqual(['noting:config#1 noting:config#2 ids']);
    expect(outcome(run, 'db:twin db:twin two of one kind').status).toBe('passed');
    expect(outcome(run, 'noting:shared noting:shared one that is shared').status).toBe('passed');
  });

  test("scope 'test' sets all up before and tears all down after each test", () => {
    const each = (test: string): string[] => [
      'start fresh',
      'start fresh',
      `${test} fresh`,
      'stop fresh',
      'stop fresh',
    ];
    expect(notesAbout(run, 'fresh')).toEqual([...each('first'), ...each('second')]);
  });

  test('nested blocks hold all leases, the outer ones throughout', () => {
    expect(notesAbout(run, 'nested')).toEqual([
      'outer1+inner+judge nested',
      'outer1+inner+innermost nested',
      'outer2+inner+judge nested',
      'outer2+inner+innermost nested',
    ]);
    expect(notesAbout(run, 'outer1')).toEqual(['start outer1', 'stop outer1']);
  });

  test('a block that holds skipped tests only starts nothing', () => {
    expect(notesAbout(run, 'skipped')).toEqual([]);
  });
});
