import { execFileSync } from 'node:child_process';
import { join, relative, sep } from 'node:path';
import { ESLint } from 'eslint';
import { configs } from 'typescript-eslint';

const root = join(__dirname, '..');
const entries = ['dist/src/index.js', 'dist/src/testing/index.js'];

// The configuration itself, without the rules that need types: the snippets need not exist as files then.
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- ESLint's own import() fails in Jest's VM
  baseConfig: require('../eslint.config.js') as [],
  overrideConfig: [configs.disableTypeChecked as object],
  ruleFilter: ({ ruleId }) => /no-(restricted|require)-imports$/.test(ruleId),
});

async function refusals(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, file) });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId ?? 'none'}: ${message}`);
}

const process = "import { x } from '../process/ports';";
const session = "import { x } from '../session/session';";

describe('an import against the order of the folders is refused', () => {
  test.each([
    ['src/pattern/setup.ts', process],
    ['src/pattern/setup.ts', session],
    ['src/pattern/setup.ts', "import { x } from '../providers/built-in';"],
    ['src/pattern/setup.ts', "import { x } from '../evals/foreach';"],
    ['src/pattern/setup.ts', "import type { X } from '../session/session';"],
    ['src/pattern/setup.ts', "export { x } from '../process/ports';"],
    ['src/pattern/setup.ts', "export * from '../report/eval-matrix';"],
    ['src/process/ports.ts', session],
    ['src/process/ports.ts', "import type { X } from '../session/session';"],
    ['src/process/ports.ts', "import { x } from '../providers/embedded/gguf';"],
    ['src/session/session.ts', "import { x } from '../providers/built-in';"],
    ['src/session/session.ts', "import { x } from '../evals/foreach';"],
    ['src/session/session.ts', "import { x } from '../report/eval-matrix';"],
    ['src/providers/embedded/engine.ts', "import { x } from '../../evals/foreach';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../../report/eval-matrix';"],
    ['src/evals/foreach.ts', session],
    ['src/evals/foreach.ts', "import type { X } from '../session/events';"],
    ['src/evals/foreach.ts', process],
    ['src/evals/foreach.ts', "import { x } from '../report/eval-matrix';"],
    ['src/report/session-table.ts', "import { x } from '../session/events';"],
    ['src/report/session-table.ts', "import { x } from '../providers/built-in';"],
    ['src/testing/index.ts', "import { x } from '../report/eval-matrix';"],
    ['src/session/session.ts', "import { x } from '../supervisor/supervisor';"],
    ['src/supervisor/supervisor.ts', "import { x } from '../evals/foreach';"],
    ['src/supervisor/supervisor.ts', "import { x } from '../cli/print';"],
    ['src/cli/print.ts', "import { x } from '../session/session';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([expect.stringContaining('may import')]);
  });
});

describe('an import of preset or of the public index is refused', () => {
  test.each([
    ['src/session/session.ts', "import { x } from '../../preset/session';"],
    ['src/providers/embedded/provider.ts', "import type { X } from '../../../preset/options';"],
    ['src/realm.ts', "import { x } from '../preset/session';"],
    ['src/evals/foreach.ts', "import { x } from '../index';"],
    ['src/evals/foreach.ts', "import type { X } from '..';"],
    ['src/providers/embedded/resource.ts', "import { x } from '../../index';"],
    ['src/testing/index.ts', "import { x } from 'jest-model-provider';"],
    ['preset/session.ts', "import { x } from '../src/index';"],
    ['preset/session.ts', "import { x } from '../src';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toHaveLength(1);
  });
});

describe('a file of the spec realm that loads the main process is refused', () => {
  test.each([
    ['src/providers/embedded/provider.ts', "import { x } from '../../process/ports';"],
    ['src/providers/embedded/provider.ts', "import { x } from '../../session/session';"],
    ['src/providers/openai-compatible/client.ts', "import { x } from '../../process/redact';"],
    ['src/providers/openai-compatible/request-error.ts', "import { x } from '../../process/redact';"],
    ['src/providers/built-in.ts', process],
    ['src/testing/contract-bench.ts', session],
    ['src/realm.ts', "import { x } from './session/provider-module';"],
    ['src/index.ts', "export { x } from './session/events';"],
    ['src/index.ts', "export { x } from './process/ports';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).not.toEqual([]);
  });

  test.each([
    ['src/providers/embedded/provider.ts', "export const x = require('../../process/ports');"],
    ['src/providers/embedded/client.ts', "export const x = require('./resource');"],
    ['src/realm.ts', "export const x = require('./session/session');"],
    ['src/evals/foreach.ts', "export const x = require('../session/session');"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([expect.stringContaining('no-require-imports')]);
  });
});

test('a static import of an ES module package is refused', async () => {
  expect(await refusals('src/process/gate.ts', "import { execa } from 'execa';")).toHaveLength(1);
  expect(await refusals('src/process/ports.ts', "import getPort from 'get-port';")).toHaveLength(1);
});

describe('an import along the order of the folders passes', () => {
  test.each([
    ['src/pattern/setup.ts', "import { x } from './errors';"],
    ['src/process/ports.ts', "import { x } from '../pattern/errors';"],
    ['src/process/ports.ts', "export const x = () => import('get-port');"],
    ['src/session/session.ts', process],
    ['src/session/session.ts', "import { x } from './session-place';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../../process/find-command';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../embedded/gguf';"],
    ['src/providers/llama-server/provider.ts', "import type { X } from '../../process/failure-report';"],
    ['src/providers/llama-server/provider.ts', "export const x = () => require('./resource');"],
    ['src/realm.ts', "export const x = () => require('./session/provider-module');"],
    ['src/realm.ts', "export const x = () => require('./session/script-host');"],
    ['src/evals/foreach.ts', "import { x } from '../pattern/errors';"],
    ['src/evals/foreach.ts', "import { x } from '../providers/openai-compatible/client';"],
    ['src/report/eval-matrix.ts', "import { x } from '../evals/summarize';"],
    ['src/report/session-table.ts', "import type { X } from '../session/events';"],
    ['src/testing/contract-bench.ts', "import type { X } from '../session/events';"],
    ['src/index.ts', "export { x } from './pattern/errors';"],
    ['preset/session.ts', "import { x } from '../src/session/session';"],
    ['preset/reporter.ts', "import { x } from '../src/report/eval-matrix';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([]);
  });
});

describe('what a spec loads by importing the package', () => {
  const loaded = entries.flatMap((entry) => filesLoadedBy(entry));

  test('is the pattern, the providers’ spec halves, the evaluations and the testing tools', () => {
    const folders = /^dist\/src\/(pattern|evals|testing)\//;
    const halves = /^dist\/src\/providers\/(built-in|[^/]+\/(provider|client|driver|request-error))\.js$/;
    const roots = /^dist\/src\/(index|realm)\.js$/;
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.filter((file) => !folders.test(file) && !halves.test(file) && !roots.test(file))).toEqual(
      [],
    );
  });

  test('is no package that only some specs need', () => {
    const packages = entries
      .flatMap((entry) => cachedBy(entry))
      .filter((file) => file.includes('node_modules/'));
    expect(packages.filter((file) => /node_modules\/(ajv|csv-parse|openai|pg)\//.test(file))).toEqual([]);
  });

  test('is no process and no session code', () => {
    expect(loaded.filter((file) => /\/(process|session)\//.test(file))).toEqual([]);
  });
});

/** The package's own files among them. */
function filesLoadedBy(entry: string): string[] {
  return cachedBy(entry).filter((file) => !file.startsWith('..') && !file.includes('node_modules/'));
}

/** The files in Node's cache after an import of `entry`, which is what its static requires reach. */
function cachedBy(entry: string): string[] {
  const script = `require(${JSON.stringify(join(root, entry))}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const output = execFileSync(globalThis.process.execPath, ['-e', script], { encoding: 'utf8' });
  return (JSON.parse(output) as string[]).map((file) => relative(root, file).split(sep).join('/'));
}
