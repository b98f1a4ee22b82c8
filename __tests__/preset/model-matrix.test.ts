import { descriptions, normalize } from 'jest-config';
import { modelMatrix } from '../../preset/model-matrix';
import { thrown } from '../support/thrown';

type Project = Record<string, unknown> & { displayName: string; id: string };

const projectsOf = (...args: Parameters<typeof modelMatrix>): Project[] =>
  modelMatrix(...args).projects as unknown as Project[];

test('each model has a project, called by its label, that knows the whole matrix', () => {
  const models = ['llama:a.gguf', { spec: 'llama:b.gguf', config: { slots: 2 }, label: 'b' }];
  const projects = projectsOf(models, { testEnvironmentOptions: { modelProviders: './mine.ts' } });
  expect(projects.map(({ displayName }) => displayName)).toEqual(['llama:a.gguf', 'b']);
  expect(new Set(projects.map(({ id }) => id)).size).toBe(2);
  expect(projects[1]).toMatchObject({
    preset: 'jest-model-provider',
    testEnvironmentOptions: {
      modelProviders: './mine.ts',
      modelMatrix: {
        model: 'b',
        isFirst: false,
        models: [
          { label: 'llama:a.gguf', provider: 'llama', name: 'a.gguf' },
          { label: 'b', provider: 'llama', name: 'b.gguf', config: { slots: 2 } },
        ],
      },
    },
  });
});

test('what Jest takes for the whole run alone stays at the top, the rest is also in each project', () => {
  const config = modelMatrix(['llama:a'], {
    maxWorkers: 2,
    reporters: ['default'],
    testTimeout: 9,
    roots: ['specs'],
  });
  expect(config).toMatchObject({ maxWorkers: 2, reporters: ['default'], testTimeout: 9 });
  const [project] = config.projects as unknown as Project[];
  expect(project).toMatchObject({ roots: ['specs'] });
  expect(project).not.toHaveProperty('reporters');
  expect(project).not.toHaveProperty('maxWorkers');
});

test('Jest accepts every one of its options in the place where the matrix puts it', async () => {
  const warn = jest.spyOn(console, 'warn').mockReturnValue();
  // For Jest's validation null is a value of any option.
  const {
    projects: _matrix,
    displayName: _label,
    ...every
  } = Object.fromEntries(Object.keys(descriptions).map((option) => [option, null]));
  const [project] = projectsOf(['llama:a'], every as never);
  const argv = { $0: '', _: [] };
  await normalize({ rootDir: __dirname, reporters: [] } as never, argv, null, 0, true).catch(() => undefined);
  expect(warn.mock.calls.join()).toContain('is not supported in an individual project');
  warn.mockClear();
  await normalize({ ...project, rootDir: __dirname } as never, argv, null, 0, true).catch(() => undefined);
  expect(warn.mock.calls.join()).not.toContain('is not supported in an individual project');
});

test("a relative rootDir means the configuration's folder, as it does without projects", () => {
  const rootDirOf = (rootDir: string) => projectsOf(['llama:a'], { rootDir })[0]?.['rootDir'];
  expect([rootDirOf('../specs'), rootDirOf('<rootDir>/x'), rootDirOf('/x')]).toEqual([
    '<rootDir>/../specs',
    '<rootDir>/x',
    '/x',
  ]);
});

describe('EVALS_MODELS', () => {
  afterEach(() => delete process.env['EVALS_MODELS']);

  test('leaves the projects of the labels that it names, the first of which is the first', () => {
    process.env['EVALS_MODELS'] = 'llama:c,llama:b';
    const models = ['llama:a', 'llama:b', 'llama:c'];
    const ids = projectsOf(models).map(({ id }) => id);
    delete process.env['EVALS_MODELS'];
    const projects = projectsOf(models);
    expect(ids).toEqual(projects.slice(1).map(({ id }) => id));
    process.env['EVALS_MODELS'] = 'llama:b';
    expect(projectsOf(models)[0]?.['testEnvironmentOptions']).toMatchObject({
      modelMatrix: { model: 'llama:b', isFirst: true, models: [{}, {}, {}] },
    });
  });

  test('refuses a label that is none of the models, and names the nearest', () => {
    process.env['EVALS_MODELS'] = 'llama:small';
    expect(thrown(() => modelMatrix(['llama:smol', 'llama:large']))).toMatchObject({
      code: 'CONFIG_INVALID',
      message:
        'EVALS_MODELS names "llama:small", which is not among the models of modelMatrix(): llama:smol, llama:large. Did you mean "llama:smol"?',
    });
  });
});

test.each([
  [[], {}, 'MODELS_INVALID', 'modelMatrix() got an empty list of models'],
  [['llama:a', 'llama:a'], {}, 'MODELS_INVALID', 'modelMatrix() got "llama:a" twice'],
  [['a'], {}, 'SPEC_INVALID', 'Resource spec "a" must be "provider:name", for example "embedded:a".'],
  [['llama:a'], { projects: ['x'] }, 'CONFIG_INVALID', 'modelMatrix(): the config has projects, but'],
  [['llama:a'], { displayName: 'x' }, 'CONFIG_INVALID', 'modelMatrix(): the config has displayName, but'],
])('%j with %j is refused with %s', (models, config, code, message) => {
  const error = thrown(() => modelMatrix(models as never, config));
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(message);
});
