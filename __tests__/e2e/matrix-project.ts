import { providerModule } from './noting-project';
import { runJest, type JestRun, type Mode, type RunOptions } from './run-jest';

/** How a matrix is configured: code of the model list, and Jest's options. */
interface Matrix {
  readonly models: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A provider with one place whose resources stay as long as nobody needs it. */
export const onePlace = providerModule({ noting: `new NotingProvider({ maxLive: 1, retain: 'session' })` });

/** Runs jest on files whose configuration comes from `modelMatrix()`. */
export function runMatrix(
  files: Readonly<Record<string, string>>,
  mode: Mode,
  { models, config = {} }: Matrix,
  options: RunOptions = {},
): Promise<JestRun> {
  return runJest({ ...onePlace, ...matrixConfig(mode, { models, config }), ...files }, mode, {
    ...options,
    args: ['--config', 'matrix.config.js', ...(options.args ?? [])],
  });
}

/** The configuration file of a matrix. */
export function matrixConfig(mode: Mode, { models, config = {} }: Matrix): Record<string, string> {
  const whole = {
    testEnvironmentOptions: { modelProviders: './providers.js' },
    ...(mode === 'in workers' ? { workerIdleMemoryLimit: '4GB' } : {}),
    ...config,
  };
  return {
    'matrix.config.js': `
      const { modelMatrix } = require('jest-model-provider/model-matrix');
      module.exports = modelMatrix(${models}, ${JSON.stringify(whole)});`,
  };
}

/** The models that were loaded, in their order. */
export function loads({ events }: JestRun): string[] {
  return events.flatMap((event) => (event.type === 'ready' ? [event.spec] : []));
}
