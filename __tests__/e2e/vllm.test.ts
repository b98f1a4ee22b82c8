import { FakeGpus } from '../fixtures/fake-gpus';
import { FakeVllm } from '../providers/vllm/fake-vllm';
import { loads } from './matrix-project';
import { outcome, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';
import { modelsAnswerSpec, mostAlive } from './two-models';

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

describe.each(bothModes)('vLLM without an nvidia-smi, %s', (mode) => {
  const models = ['a', 'b'].map((label) => ({ spec: `vllm:${vllm.model(label)}`, label }));
  let run: JestRun;
  beforeAll(async () => {
    const files = {
      'providers.js': `
        const { defineProviders, VLLMProvider } = require('jest-model-provider');
        module.exports = defineProviders({ hanging: new VLLMProvider({
          answerStallMs: 2000, extraArgs: ['--fake-hang-by', process.env.E2E_NOTES + '-hang'],
        }) });`,
      'a/config.json': '{}',
      'matrix.eval.js': modelsAnswerSpec(models),
      'hanging.eval.js': spec(`
        const { writeFileSync } = require('node:fs');
        let hasHung = false;
        const hang = () => { hasHung = true; writeFileSync(process.env.E2E_NOTES + '-hang', ''); };
        withClient(['hanging:a'], (handle) => {
          foreach('question', ['1', '2', '3', '4', '5', '6'], async (question) => {
            if (question === '3' && !hasHung) hang();
            return new Result((await handle.client.generate(question)).text);
          }, { onLost: 'restartOnce', concurrency: 2 });
        });`),
    };
    run = await runJest(files, mode, { config: withProviders, env: { VLLM_COMMAND: vllm.command } });
  });

  test('a run in which all is answered is green and leaves nothing', () => {
    expect(run.tests.map(({ status, message }) => [status, message])).toEqual(Array(5).fill(['passed', '']));
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
  });

  test('a matrix of two models on one vLLM at a time loads each model once', () => {
    const events = run.events.filter(
      (event) => !('resourceId' in event && event.resourceId.startsWith('hanging:')),
    );
    expect(loads({ ...run, events })).toEqual(models.map((model) => model.spec));
    expect(mostAlive({ ...run, events })).toBe(1);
    expect(run.output).toMatch(/│ exactMatch │ 20 +│ - +│ 100\.0 % .* │ 100\.0 % /);
    expect(run.output).toContain(
      `${vllm.model('a')}: GPU memory is not checked before and after it, since there is no nvidia-smi.`,
    );
  });

  test('one whose engine hangs behind a healthy server is started again by an evaluation that asks for it, and every sample is answered', () => {
    expect(outcome(run, 'hanging:a foreach question')).toMatchObject({ status: 'passed', message: '' });
    expect(
      run.events.flatMap((event) =>
        event.type === 'ready' && event.spec === 'hanging:a' ? [event.resourceId] : [],
      ),
    ).toEqual(['hanging:a#1', 'hanging:a#2']);
  });
});

test.each(bothModes)(
  'two models that take turns on one GPU are loaded once each where they sleep, and nothing is left of them, %s',
  async (mode) => {
    const gpus = new FakeGpus(1);
    try {
      const models = ['a', 'b', 'a', 'b'].map((name) => `vllm:${vllm.model(name)}`);
      const files = {
        'providers.js': `
          const { defineProviders, VLLMProvider } = require('jest-model-provider');
          const env = { FAKE_GPUS: ${JSON.stringify(gpus.directory)} };
          module.exports = defineProviders({ vllm: new VLLMProvider({ sleep: true, env }) });`,
        'a.eval.js': `
          const { withClient } = require('jest-model-provider');
          for (const [turn, spec] of ${JSON.stringify(models)}.entries()) {
            withClient([{ spec, label: 'turn ' + turn }], (handle) => {
              test('is answered', async () => {
                const { text, model } = await handle.client.generate('Hello', { maxTokens: 1 });
                expect(text).toBe('Hello from ' + model);
                expect(spec.endsWith(model)).toBe(true);
              });
            });
          }`,
      };
      const config = { testEnvironmentOptions: { modelProviders: './providers.js' } };
      const run = await runJest(files, mode, {
        config,
        env: { VLLM_COMMAND: vllm.command, PATH: process.env['PATH'] ?? '' },
      });
      expect(run.tests.map(({ status, message }) => [status, message])).toEqual(
        Array(4).fill(['passed', '']),
      );
      expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
      const life = run.events.flatMap((event) =>
        event.type === 'ready' || event.type === 'slept' || event.type === 'woke'
          ? [`${event.resourceId.slice(-3)} ${event.type}`]
          : [],
      );
      expect(life).toEqual([
        ...['a#1 ready', 'a#1 slept', 'b#1 ready', 'b#1 slept', 'a#1 woke', 'a#1 slept', 'b#1 woke'],
      ]);
      expect(run.output).toMatch(/│ sleeps │ wakes │/);
    } finally {
      gpus.remove();
    }
  },
);
