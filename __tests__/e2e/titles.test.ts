import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const names = [
  '50%',
  '%s %d %i %p %#',
  '$model $0 $#',
  `"double" 'single' \`back\``,
  'with  spaces',
  'organisation/model:tag@1',
  '模型-é-🙂',
  '^a.*(b)[c]{2}+?|d$',
  'back\\slash\\d',
];
const hostile = '\u202egnp.exe';
const models = names.map((name) => `noting:${name}`);
const files = {
  ...providerModule({ noting: 'new NotingProvider()' }),
  'names.eval.js': spec(`
    withClient(${JSON.stringify(models)}, (handle, model) => {
      test('is meant', () => expect(handle.client.name).toBe(model.slice('noting:'.length)));
    });`),
  'plain.eval.js': `test(${JSON.stringify(hostile)}, () => undefined);`,
  'labels.eval.js': spec(`
    withClient([{ spec: 'noting:labelled', label: '100 % $label' }], (handle, model) => {
      test('is called', () => expect(model).toBe('100 % $label'));
    });`),
};
const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

describe.each(bothModes)('titles, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(files, mode, { config: withProviders });
  });

  test.each(models)('a model called %j is shown verbatim and set up under that name', (model) => {
    expect(outcome(run, `${model} is meant`).status).toBe('passed');
  });

  test('a label is shown verbatim in place of the spec', () => {
    expect(outcome(run, '100 % $label is called').status).toBe('passed');
  });

  test('a file that does not import the package keeps its titles', () => {
    expect(outcome(run, hostile).status).toBe('passed');
  });

  test('every model is set up once and torn down', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect([...run.notes].sort()).toEqual(
      [...names, 'labelled'].flatMap((name) => [`start ${name}`, `stop ${name}`]).sort(),
    );
  });
});

describe.each(bothModes)('-t, %s', (mode) => {
  test('selecting models by names that are full of special characters starts those models only', async () => {
    const selected = ['50%', '^a.*(b)[c]{2}+?|d$'];
    const run = await runJest(files, mode, {
      config: withProviders,
      args: ['-t', selected.map((name) => escaped(`noting:${name} `)).join('|')],
    });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect([...run.notes].sort()).toEqual(
      selected.flatMap((name) => [`start ${name}`, `stop ${name}`]).sort(),
    );
  });

  test('selecting nothing starts nothing', async () => {
    const run = await runJest(files, mode, { config: withProviders, args: ['-t', 'no such test'] });
    expect(run).toMatchObject({ left: [], notes: [], events: [] });
  });
});
