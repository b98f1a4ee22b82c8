import { execFileSync } from 'node:child_process';
import { join, relative, sep } from 'node:path';
import { ESLint } from 'eslint';
import { configs } from 'typescript-eslint';
import { foldersOf } from './support/folders';
import { staticImports } from './support/static-imports';

const root = join(__dirname, '..');
const entries = ['dist/src/index.js', 'dist/src/testing/index.js'];
// eslint-disable-next-line @typescript-eslint/no-require-imports -- CommonJS without types
const { mayImport } = require('../eslint.boundaries.js') as { mayImport: Record<string, string[]> };
const rooms = Object.keys(mayImport);

// The configuration itself, without the rules that need types: the snippets need not exist as files then.
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- ESLint's own import() fails in Jest's VM
  baseConfig: require('../eslint.config.js') as [],
  overrideConfig: [configs.disableTypeChecked as object],
  ruleFilter: ({ ruleId }) => /one-way$|no-require-imports$/.test(ruleId),
});

interface Refusal {
  readonly line: number;
  readonly text: string;
}

async function refusalsIn(file: string, code: string): Promise<Refusal[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, file) });
  return (result?.messages ?? []).map(({ ruleId, message, line }) => ({
    line,
    text: `${ruleId ?? 'none'}: ${message}`,
  }));
}

async function refusals(file: string, code: string): Promise<string[]> {
  return (await refusalsIn(file, code)).map(({ text }) => text);
}

/** How a file of `from` names one of `to`. */
function specifier(from: string, to: string): string {
  const path = relative(join('src', from), join('src', to, 'other'))
    .split(sep)
    .join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

describe('the table of the boundaries', () => {
  test('has every folder of src/ that holds files, and no other', () => {
    const withFiles = foldersOf(join(root, 'src'));
    expect(rooms.toSorted()).toEqual(withFiles.toSorted());
  });

  test('lets no folder reach itself', () => {
    const reached = (room: string, seen: Set<string>): Set<string> => {
      for (const other of mayImport[room] ?? []) if (!seen.has(other)) reached(other, seen.add(other));
      return seen;
    };
    expect(rooms.filter((room) => reached(room, new Set()).has(room))).toEqual([]);
  });

  test('refuses a file of a folder that it does not name', async () => {
    expect(await refusals('src/somewhere/new.ts', "import { x } from '../base/json';")).toEqual([
      expect.stringContaining('src/somewhere is not in the table'),
    ]);
  });

  // The files named here are of the main process, so that the wall around a spec's realm is out of the
  // picture.
  test.each(rooms)('%s may import the folders of its line, and each other one is refused', async (room) => {
    const others = rooms.filter((other) => other !== room);
    const code = others.map((other) => `export type { X } from '${specifier(room, other)}';`).join('\n');
    const refused = new Set((await refusalsIn(`src/${room}/own.ts`, code)).map(({ line }) => line));
    const types = others.filter((_, index) => !refused.has(index + 1));
    const missing = (mayImport[room] ?? []).filter((other) => !types.includes(other));
    expect(missing).toEqual([]);
    // Beyond its line a folder may import the types of few.
    expect(types.length - (mayImport[room] ?? []).length).toBeLessThanOrEqual(2);
  });
});

describe('an import against the order of the folders is refused', () => {
  test.each([
    ['src/base/json.ts', "import { x } from '../pattern/setup';"],
    ['src/pattern/setup.ts', "import { x } from '../process/os/ports';"],
    ['src/pattern/setup.ts', "import { x } from './blocks/with-client';"],
    ['src/pattern/setup.ts', "import { x } from '../session/broker/session';"],
    ['src/pattern/setup.ts', "import { x } from '../providers/built-in';"],
    ['src/pattern/setup.ts', "import { x } from '../evals/foreach';"],
    ['src/pattern/setup.ts', "import type { X } from '../session/broker/session';"],
    ['src/pattern/setup.ts', "export { x } from '../process/os/ports';"],
    ['src/pattern/setup.ts', "export * from '../report/run-report';"],
    ['src/process/os/ports.ts', "import { x } from '../ledger/ledger';"],
    ['src/process/os/ports.ts', "import { x } from '../../session/broker/session';"],
    ['src/process/guardian/gate.ts', "import type { X } from '../../session/broker/session';"],
    ['src/process/guardian/gate.ts', "import { x } from '../readiness/readiness';"],
    ['src/session/scheduler/scheduler.ts', "import { x } from '../broker/session';"],
    ['src/session/scheduler/scheduler.ts', "import { x } from '../../process/os/ports';"],
    ['src/session/scheduler/scheduler.ts', "import type { X } from '../events/events';"],
    ['src/session/wire/protocol.ts', "import { x } from '../broker/session';"],
    ['src/session/client/lease-client.ts', "import { x } from '../broker/session';"],
    ['src/session/client/lease-client.ts', "import { x } from '../resources/live-resource';"],
    ['src/session/broker/session.ts', "import { x } from '../client/lease-client';"],
    ['src/session/broker/session.ts', "import { x } from '../../providers/built-in';"],
    ['src/session/broker/session.ts', "import { x } from '../../evals/foreach';"],
    ['src/session/open-session.ts', "import { x } from '../supervisor/supervisor';"],
    ['src/providers/embedded/gguf/gguf.ts', "import { x } from '../network/matrix';"],
    ['src/providers/embedded/resource.ts', "import { x } from './server/server';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../../report/run-report';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../vllm/options';"],
    ['src/evals/log/read-log.ts', "import { x } from '../summary/worst-samples';"],
    ['src/evals/log/read-log.ts', "import type { X } from '../execution/evaluation-plan';"],
    ['src/evals/foreach.ts', "import type { X } from '../session/events/events';"],
    ['src/evals/foreach.ts', "import { x } from '../report/run-report';"],
    ['src/report/run-report.ts', "import { x } from './terminal/session-table';"],
    ['src/report/terminal/session-table.ts', "import { x } from '../../session/events/events';"],
    ['src/report/terminal/session-table.ts', "import { x } from '../export/csv';"],
    ['src/run/run-lock.ts', "import { x } from '../session/open-session';"],
    ['src/testing/index.ts', "import { x } from '../report/run-report';"],
    ['src/supervisor/supervisor.ts', "import { x } from '../evals/foreach';"],
    ['src/supervisor/supervisor.ts', "import { x } from '../cli/output/print';"],
    ['src/cli/output/print.ts', "import { x } from '../commands/show';"],
    ['src/cli/commands/up.ts', "import { x } from '../../session/warm/supervisor-link';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([expect.stringMatching(/ may import | must not load /)]);
  });
});

describe('an import of preset or of the public index is refused', () => {
  test.each([
    ['src/session/open-session.ts', "import { x } from '../../preset/session';"],
    ['src/providers/embedded/provider.ts', "import type { X } from '../../../preset/options';"],
    ['src/runtime.ts', "import { x } from '../preset/session';"],
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
    ['src/providers/embedded/provider.ts', "import { x } from '../../process/os/ports';"],
    ['src/providers/embedded/provider.ts', "import { x } from './resource';"],
    ['src/providers/embedded/provider.ts', "import { x } from '../../session/broker/session';"],
    ['src/providers/openai-compatible/client.ts', "import { x } from '../../process/output/strip-control';"],
    [
      'src/providers/openai-compatible/request-error.ts',
      "import { x } from '../../process/output/strip-control';",
    ],
    ['src/providers/built-in.ts', "import { x } from '../process/os/ports';"],
    ['src/evals/execution/run-trial.ts', "import { x } from '../../process/os/ports';"],
    ['src/testing/contract-bench.ts', "import { x } from '../session/broker/session';"],
    ['src/runtime.ts', "import { x } from './provider-module/load';"],
    ['src/index.ts', "export { x } from './session/events/events';"],
    ['src/index.ts', "export { x } from './process/os/ports';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([expect.stringContaining('A spec must not load')]);
  });

  test.each([
    ['src/providers/embedded/provider.ts', "export const x = require('../../process/os/ports');"],
    ['src/providers/openai-compatible/client.ts', "export const x = require('./resource');"],
    ['src/runtime.ts', "export const x = require('./session/broker/session');"],
    ['src/evals/foreach.ts', "export const x = require('../session/broker/session');"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([expect.stringContaining('no-require-imports')]);
  });
});

test('a static import of an ES module package is refused', async () => {
  expect(await refusals('src/process/guardian/gate.ts', "import { execa } from 'execa';")).toHaveLength(1);
  expect(await refusals('src/process/os/ports.ts', "import getPort from 'get-port';")).toHaveLength(1);
});

describe('an import along the order of the folders passes', () => {
  test.each([
    ['src/pattern/setup.ts', "import { x } from '../base/errors';"],
    ['src/process/os/ports.ts', "import { x } from '../../base/errors';"],
    ['src/process/os/ports.ts', "export const x = () => import('get-port');"],
    ['src/session/broker/session.ts', "import { x } from '../scheduler/scheduler';"],
    ['src/session/broker/session.ts', "import { x } from '../../process/os/ports';"],
    ['src/session/broker/session.ts', "import { x } from './session-files';"],
    ['src/session/client/direct-transport.ts', "import type { X } from '../broker/session';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../../process/os/find-command';"],
    ['src/providers/llama-server/resource.ts', "import { x } from '../embedded/gguf/gguf';"],
    [
      'src/providers/llama-server/provider.ts',
      "import type { X } from '../../process/output/failure-report';",
    ],
    ['src/providers/llama-server/provider.ts', "import { type X } from './options';"],
    ['src/providers/llama-server/provider.ts', "export const x = () => require('./resource');"],
    ['src/runtime.ts', "export const x = () => require('./provider-module/load');"],
    ['src/runtime.ts', "export const x = () => require('./session/script-client');"],
    ['src/evals/foreach.ts', "import { x } from '../base/errors';"],
    ['src/report/terminal/eval-matrix.ts', "import { x } from '../../evals/log/eval-record';"],
    ['src/report/terminal/session-table.ts', "import type { X } from '../../session/events/events';"],
    ['src/testing/contract-bench.ts', "import type { X } from '../session/events/events';"],
    ['src/index.ts', "export { x } from './base/errors';"],
    ['preset/session.ts', "import { x } from '../src/session/open-session';"],
    ['preset/reporter.ts', "import { x } from '../src/report/run-report';"],
  ])('%s: %s', async (file, code) => {
    expect(await refusals(file, code)).toEqual([]);
  });
});

describe('the imports of src/ and preset/', () => {
  const imports = staticImports(root);

  test('have no cycle of values', () => {
    expect(cycles(imports.filter(({ isType }) => !isType))).toEqual([]);
  });

  /**
   * A handle knows its provider, which makes handles; the runtime gives the registry of providers, which they
   * lease from. These types do refer to each other.
   */
  const trueCircle = ['lazy-handle', 'model-provider', 'registry', 'resource-handle', 'runtime', 'setup'];

  test('have no cycle of types but the one of handle and provider', () => {
    expect(cycles(imports)).toEqual([trueCircle.map((name) => `src/pattern/${name}`)]);
  });
});

/**
 * The strongly connected parts with more than one file, by Tarjan's algorithm:
 * https://doi.org/10.1137/0201010
 */
function cycles(imports: readonly { from: string; to: string }[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const other of next.get(file) ?? []) {
      if (!index.has(other)) visit(other);
      if (stack.includes(other)) low.set(file, Math.min(low.get(file)!, low.get(other)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const part = stack.splice(stack.indexOf(file));
    if (part.length > 1) found.push(part.sort());
  };
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return found;
}

describe('what a spec loads by importing the package', () => {
  const loaded = entries.flatMap((entry) => filesLoadedBy(entry));

  test('is the pattern, the tap, the providers’ spec halves, the evaluations and the testing tools', () => {
    const folders = /^dist\/src\/((base|answers|pattern|evals|testing)\/|tap\/(?!endpoint\/))/;
    const halves =
      /^dist\/src\/providers\/(built-in|[^/]+\/(provider|client|driver|leased-work|request-error))\.js$/;
    const roots = /^dist\/src\/(index|runtime)\.js$/;
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.filter((file) => !folders.test(file) && !halves.test(file) && !roots.test(file))).toEqual(
      [],
    );
  });

  test('is no package that only some specs need', () => {
    const packages = entries
      .flatMap((entry) => cachedBy(entry))
      .filter((file) => file.includes('node_modules/'));
    expect(
      packages.filter((file) => /node_modules\/(ajv|csv-parse|iconv-lite|openai|pg)\//.test(file)),
    ).toEqual([]);
  });

  test('is no code of the main process', () => {
    expect(
      loaded.filter((file) => /\/(process|session|run|provider-module|supervisor|cli|report)\//.test(file)),
    ).toEqual([]);
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
