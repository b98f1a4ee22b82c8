import { FakeGpus } from '../fixtures/fake-gpus';
import { FakeVllm } from '../providers/vllm/fake-vllm';
import { spec } from './noting-project';
import { loads } from './matrix-project';
import { bothModes, runJest, startJest } from './run-jest';
import { modelsAnswerSpec, mostAlive } from './two-models';

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

test.each(bothModes)(
  'a matrix of two models on one vLLM at a time loads each model once, %s',
  async (mode) => {
    const models = ['a', 'b'].map((label) => ({ spec: `vllm:${vllm.model(label)}`, label }));
    const spec = modelsAnswerSpec(models);
    const run = await runJest({ 'a.eval.js': spec }, mode, { env: { VLLM_COMMAND: vllm.command } });
    expect(run.tests.map(({ status, message }) => [status, message])).toEqual(Array(4).fill(['passed', '']));
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
    expect(loads(run)).toEqual(models.map((model) => model.spec));
    expect(mostAlive(run)).toBe(1);
    expect(run.output).toMatch(/│ exactMatch │ 20 +│ 100\.0 % .* │ 100\.0 % /);
    expect(run.output).toContain(
      ': GPU memory is not checked before and after it, since there is no nvidia-smi.',
    );
  },
);

describe.each(bothModes)('a vLLM whose engine hangs behind a healthy server, %s', (mode) => {
  const reason =
    /"vllm:a#1" died while it was in use: the engine answers nothing, although its server says that it is healthy \(its server \(pid \d+\) produced no token for 2 s\)/;
  const evaluation = `
    const { writeFileSync } = require('node:fs');
    const { foreach, Result, withClient } = require('jest-model-provider');
    let hasHung = false;
    const hang = () => { hasHung = true; writeFileSync(process.env.E2E_NOTES + '-hang', ''); };`;

  async function run(specs: string) {
    const files = {
      'providers.js': `
        const { defineProviders, VLLMProvider } = require('jest-model-provider');
        module.exports = defineProviders({ vllm: new VLLMProvider({
          answerStallMs: 2000, extraArgs: ['--fake-hang-by', process.env.E2E_NOTES + '-hang'],
        }) });`,
      'a/config.json': '{}',
      'a.eval.js': `${evaluation}${specs}`,
    };
    const config = { testEnvironmentOptions: { modelProviders: './providers.js' } };
    return runJest(files, mode, { config, env: { VLLM_COMMAND: vllm.command } });
  }

  test('is lost: the tests that hold it are red at once, the next one has a new server', async () => {
    const result = await run(`
      withClient(['vllm:a'], (handle) => {
        test('asks', async () => {
          hang();
          await handle.client.generate('Hi');
        }, 60_000);
        test('does not ask', () => undefined);
      });
      withClient(['vllm:a'], (handle) => {
        test('asks again', async () => { expect((await handle.client.generate('Hi')).text).toBe('Hello from a'); });
      });`);
    const [asks, asksNot, again] = result.tests;
    expect(asks).toMatchObject({ status: 'failed', message: expect.stringMatching(reason) as string });
    expect(asksNot).toMatchObject({ status: 'failed', message: expect.stringMatching(reason) as string });
    expect(again).toMatchObject({ status: 'passed', message: '' });
    expect({ exit: result.exit, left: result.left }).toEqual({ exit: 1, left: [] });
  });

  test('is started again by an evaluation that asks for it, and every sample is answered', async () => {
    const result = await run(`
      withClient(['vllm:a'], (handle) => {
        foreach('question', ['1', '2', '3', '4', '5', '6'], async (question) => {
          if (question === '3' && !hasHung) hang();
          return new Result((await handle.client.generate(question)).text);
        }, { onLost: 'restartOnce', concurrency: 2 });
      });`);
    expect(result.tests.map(({ status, message }) => [status, message])).toEqual([['passed', '']]);
    expect({ exit: result.exit, left: result.left }).toEqual({ exit: 0, left: [] });
    expect(result.events.flatMap((event) => (event.type === 'ready' ? [event.resourceId] : []))).toEqual([
      'vllm:a#1',
      'vllm:a#2',
    ]);
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

test.each(bothModes)('a model that sleeps does not survive a run that is killed, %s', async (mode) => {
  const gpus = new FakeGpus(1);
  try {
    const [a, b] = ['a', 'b'].map((name) => JSON.stringify(`vllm:${vllm.model(name)}`));
    const files = {
      'providers.js': `
        const { defineProviders, VLLMProvider } = require('jest-model-provider');
        const env = { FAKE_GPUS: ${JSON.stringify(gpus.directory)} };
        module.exports = defineProviders({ vllm: new VLLMProvider({ sleep: true, env }) });`,
      'a.eval.js': spec(`
        withClient([${a}], () => test('uses a', () => undefined));
        withClient([${b}], () => {
          test('holds b, while a sleeps', async () => {
            note('holding');
            await noted('never');
          }, 60_000);
        });`),
    };
    const config = { testEnvironmentOptions: { modelProviders: './providers.js' } };
    const env = { VLLM_COMMAND: vllm.command, PATH: process.env['PATH'] ?? '' };
    const jest = startJest(files, mode, { config, env });
    await jest.noted('holding');
    await jest.until('two engines', () => gpus.holders().length === 2);
    const holding = gpus.holders().map(({ pid }) => pid);
    process.kill(jest.pid, 'SIGKILL');
    expect(await jest.finished()).toMatchObject({ exit: 'SIGKILL', left: [] });
    for (const pid of holding) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  } finally {
    gpus.remove();
  }
});
