import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ownIdentity } from '../../src/process/os/process-identity';
import { runJest, type RunOptions } from '../e2e/run-jest';
import { header } from '../evals/log/records';

interface Provocation {
  readonly files: Readonly<Record<string, string>>;
  readonly options: RunOptions;
}

const repository = resolve(__dirname, '../..');
const novice = join(repository, 'models/novice.gguf');
const babelJest = createRequire(require.resolve('jest-config')).resolve('babel-jest');
const prices = { paid: { input: 2, output: 2 } };
const usesProviders = {
  testEnvironmentOptions: { modelProviders: './model-providers.js', evals: { prices } },
};

const providers = `
  const { chmodSync } = require('node:fs');
  const { join } = require('node:path');
  const { DatabaseProvider, defineProviders, LlamaServerProvider, ModelProvider, reportCall } = require('jest-model-provider');
  const limits = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 20_000, stopTimeoutMs: 20_000 };
  class SearchProvider extends ModelProvider {
    constructor(constraints) { super(); this.constraints = { ...limits, ...constraints }; }
    async createResource(name) { return { name }; }
    createClient(connection) { return connection; }
  }
  class PaidClient extends SearchProvider {
    createClient(_connection, context) {
      const usage = { promptTokens: 500_000, completionTokens: 0 };
      return { ask: () => reportCall(context, { ms: 1, usage }) };
    }
  }
  class BadClient extends SearchProvider {
    createClient() { throw new Error('the driver is too old'); }
  }
  class BadStop extends SearchProvider {
    async destroyResource() { if (this.once !== (this.once = true)) throw new Error('its data directory is busy'); }
  }
  class Endless extends SearchProvider {
    createResource(_name, _config, { signal }) {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
  }
  class Mortal extends SearchProvider {
    async createResource(name, _config, { launch }) {
      const args = ['-c', 'echo "index: cannot allocate memory"; exec sleep 60'];
      const server = await launch({ command: '/bin/sh', args });
      while (server.logSize() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return { pid: server.pid };
    }
  }
  const script = (name) => { const path = join(__dirname, name); chmodSync(path, 0o755); return path; };
  module.exports = defineProviders({
    search: new PaidClient(),
    old: new BadClient(),
    busy: new BadStop(),
    slow: new Endless({ startTimeoutMs: 300 }),
    mortal: new Mortal(),
    broken: new LlamaServerProvider({ command: script('broken-server') }),
    stuck: new LlamaServerProvider({ command: script('stuck-server'), startStallMs: 1000 }),
    away: new DatabaseProvider({ server: 'postgresql://app:secret@127.0.0.1:1/postgres' }),
  });`;

const specs = `
  const { defineProviders, exactMatch, foreach, modelProviders, rescore, Result, withClient } = require('jest-model-provider');
  jest.setTimeout(60_000);
  const setup = (...args) => modelProviders.setup(...args);
  test('ANSWER_CUT', async () => {
    const stream = (await setup('embedded:novice')).client.stream('2 + 3');
    for await (const piece of stream) break;
    await stream.reply;
  });
  withClient(['search:paid'], () => {
    const ask = (question, { client }) => (client.ask(), new Result(''));
    const options = { title: 'BUDGET_SPENT', concurrency: 1, maxCost: 0.5 };
    foreach('question', ['2 + 3', '4 + 4', '5 + 1'], ask, options);
  });
  test('CONFIG_INVALID', () => setup('embedded:expret'));
  test('COMMAND_NOT_FOUND', () => setup('llama:model.gguf'));
  test('CLIENT_FAILED', () => setup('old:v1'));
  test('DATABASE_REFUSED', () => setup('away:shop'));
  test('DEADLOCK', async () => {
    const first = await setup('search:first');
    await setup('search:second').finally(() => first.teardown());
  });
  test('ENDPOINT_REFUSED', () => setup('openai:gpt-4o-mini'));
  foreach('question', ['2 + 3'], async () => { throw new Error('no answer'); }, { title: 'EVAL_FAILED' });
  test('EVAL_INVALID', () => foreach('question, question', [], () => new Result('')));
  test('GGUF_INVALID', () => setup('embedded:./notes.gguf'));
  test('HANDLE_CLOSED', async () => {
    const handle = await setup('search:one');
    await handle.teardown();
    handle.client;
  });
  test('LOG_INVALID', () => rescore('nightly', 'sums', () => true));
  test('MODELS_INVALID', () => withClient([], () => undefined));
  test('PROVIDER_INVALID', () => defineProviders({ search: new (class SearchProvider {})() }));
  test('PROVIDER_UNKNOWN', () => setup('embeded:expert'));
  test('REQUEST_FAILED', async () => {
    const handle = await setup('embedded:novice');
    await handle.client.generate('2 + 3', { temperature: -1 });
  });
  test('RESOURCE_LOST', async () => {
    const handle = await setup('mortal:index');
    process.kill(handle.client.pid, 'SIGKILL');
    while (handle.isActive) await new Promise((resolve) => setTimeout(resolve, 10));
    handle.client;
  });
  test('SCHEMA_FAILED', () => setup('postgres:shop', { schema: './shop.sql' }));
  test('SCORER_FAILED', () => exactMatch('19', 19));
  test('SETUP_ABORTED', () => setup('slow:one', undefined, { signal: AbortSignal.abort() }));
  test('SETUP_FAILED', () => setup('broken:${novice}'));
  test('SETUP_STALLED', () => setup('stuck:${novice}'));
  test('SETUP_TIMEOUT', () => setup('slow:one'));
  test('SPEC_INVALID', () => setup('expert'));
  test('TEARDOWN_FAILED', async () => (await setup('busy:one')).teardown());`;

const commandLine = `
  const { spawnSync } = require('node:child_process');
  const { dirname, join } = require('node:path');
  const cli = join(dirname(require.resolve('jest-model-provider/package.json')), 'dist/src/cli/main.js');
  function command(args, cwd = __dirname) {
    const { stderr } = spawnSync(process.execPath, [cli, ...args], { cwd, encoding: 'utf8' });
    console.log(stderr.replace(/^([A-Z_]+): /, 'ModelProviderError [$1]: '));
  }`;

/** What the command line says while a run uses what is warm, and in another folder. */
const warm = `${commandLine}
  const { modelProviders } = require('jest-model-provider');
  test('WARM_RESOURCE_IN_USE, SUPERVISOR_CONFLICT', async () => {
    command(['up', 'embedded:novice']);
    await modelProviders.setup('embedded:novice');
    command(['down']);
    command(['up', 'embedded:novice'], join(__dirname, 'other'));
  }, 60_000);`;

/** Ends what is warm once the run has given it back; its time would be too short or too long. */
const down = `${commandLine}
  const { closeSession } = require('jest-model-provider/session');
  module.exports = async (globalConfig) => {
    await closeSession(globalConfig);
    command(['down']);
  };`;

const contract = `
  const { describeProviderContract, fakeProvider } = require('jest-model-provider/testing');
  const failSetup = (model) => (model === 'bad' ? 'no such model' : undefined);
  describeProviderContract('SearchProvider', () => fakeProvider({ failSetup }), {
    name: 'good',
    failing: { name: 'bad' },
    isAlive: () => true,
    use: (client) => client.generate('2 + 3'),
  });`;

const empty = { 'empty.eval.js': `test('nothing', () => undefined);` };

/** Runs of Jest in which, together, every error happens that can be provoked from outside. */
const provocations: readonly Provocation[] = [
  {
    files: { 'warm.eval.js': warm, 'down.js': down, 'other/package.json': '{}' },
    options: { config: { globalTeardown: './down.js' } },
  },
  {
    files: {
      'model-providers.js': providers,
      'broken-server': `#!/bin/sh\necho "tensor 'blk.0.attn_q.weight' data is not within the file bounds, model is corrupted or incomplete"\nexit 1\n`,
      'stuck-server': '#!/bin/sh\nexec sleep 60\n',
      'notes.gguf': 'no model\n',
      'shop.sql': 'CREATE TABLE products (name text);\n\nINSRT INTO products VALUES (1);\n',
      '.evals/nightly/sums.jsonl': `${JSON.stringify(header())}\n{"type":"sam\n`,
      'provoke.eval.js': specs,
      'contract.eval.js': contract,
      'typed.eval.ts': `const answer: string = '5';`,
      'too-early.eval.js': `require('jest-model-provider').withClient(['embedded:expert'], ({ client }) => undefined);`,
    },
    options: {
      config: {
        ...usesProviders,
        // As in a project in which TypeScript is not installed.
        transform: {
          '\\.ts$': [join(repository, 'dist/preset/typescript-by-babel.js'), { babelJest }],
          '\\.js$': babelJest,
        },
      },
      env: { LLAMA_SERVER: '/opt/llama.cpp/llama-server', DATABASE_URL: '', PGHOST: '' },
    },
  },
  {
    files: {
      'own.js': 'module.exports = () => undefined;',
      'no-session.eval.js': `test('no session', () => require('jest-model-provider').modelProviders.setup('embedded:expert'));`,
    },
    options: { config: { globalSetup: './own.js', globalTeardown: './own.js' } },
  },
  {
    files: { '.evals/nightly/.lock': JSON.stringify(ownIdentity()), ...empty },
    options: { env: { EVALS_RUN: 'nightly' } },
  },
  {
    files: {
      'arithmetic.eval.js': replayed('embedded:expert'),
      'damaged.eval.js': replayed('embedded:novice'),
      '__recordings__/damaged.eval.js/adds.embedded-novice.0a1b2c3d.jsonl': '<<<<<<< ours\n',
    },
    options: { env: { EVALS_RECORDINGS: 'replay' } },
  },
  {
    files: { 'model-providers.js': 'module.exports = undefined;', ...empty },
    options: { config: usesProviders },
  },
  {
    files: {
      'a/model-providers.js': 'module.exports = {};',
      'b/model-providers.js': 'module.exports = {};',
      'a/empty.eval.js': empty['empty.eval.js'],
      'b/empty.eval.js': empty['empty.eval.js'],
    },
    options: {
      config: {
        projects: ['a', 'b'].map((name) => ({
          preset: 'jest-model-provider',
          displayName: name,
          rootDir: `<rootDir>/${name}`,
          ...usesProviders,
        })),
      },
    },
  },
];

function replayed(model: string): string {
  return `
    const { withClient } = require('jest-model-provider');
    withClient(['${model}'], (handle) => {
      test('adds', () => handle.client.generate('2 + 3'));
    });`;
}

/** What all those runs print. */
export async function provokedOutput(): Promise<string> {
  const outputs: string[] = [];
  for (const { files, options } of provocations) {
    const { output, tests } = await runJest(files, 'in band', options);
    outputs.push(output, ...tests.map(({ message }) => message));
  }
  outputs.push(await openStateDirectory());
  return outputs.join('\n');
}

/** A run whose state directory everybody may write to. */
async function openStateDirectory(): Promise<string> {
  const state = mkdtempSync(join(tmpdir(), 'state-'));
  try {
    mkdirSync(join(state, 'jest-model-provider'));
    chmodSync(join(state, 'jest-model-provider'), 0o777);
    return (await runJest(empty, 'in band', { env: { XDG_STATE_HOME: state } })).output;
  } finally {
    rmSync(state, { recursive: true });
  }
}
