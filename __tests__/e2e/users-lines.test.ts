import { bothModes, runJest, type JestRun } from './run-jest';
import type { SampleRecord } from '../../src/evals/log/log-record';
import { mine, readLogs } from '../support/eval-logs';
import { outcome, withProviders } from './noting-project';

// A comment names the test whose failure, or whose location, is to lead to its line.
const body = `
withClient(['broken:model'], () => {                                  // broken:model a plain test
  test('a plain test', () => undefined);
});
withClient(['broken:lazy'], () => {                                   // broken:lazy an evaluation
  foreach('n', [1], () => true, { title: 'an evaluation' });          // location: broken:lazy an evaluation
});
withClient(['broken:own'], { scope: 'test' }, () => {                 // broken:own for each test
  test('for each test', () => undefined);
});
withClients({ model: 'noting:one', other: 'broken:other' }, () => {   // noting:one broken:other of several
  test('of several', () => undefined);
});
withClient(['clientless:model'], () => {                              // clientless:model no client
  test('no client', () => undefined);
});
foreach('n', [1], () => { throw new Error('no answer'); }, { title: 'an error' }); // an error
foreach('n', [1], async () => {
  await null;
  throw new Error('later');                                           // sample: an error that comes later
}, { title: 'an error that comes later' });
foreach('n', [1], () => help(), { title: 'an error of a helper' });
foreach('n', [1], () => expect('a').toBe('b'), { title: 'an own matcher' }); // sample: an own matcher
const strict = defineScorer('strict', () => {
  throw new Error('cannot judge');                                    // sample: a scorer
});
foreach('n', [1], () => new Result('1', strict('1', 1)), { title: 'a scorer' });
const slow = defineScorer('slow', async () => {
  await null;
  throw new Error('cannot judge');                                    // sample: an async scorer
});
foreach('n', [1], async () => new Result('1', await slow('1', 1)), { title: 'an async scorer' });
foreach('n', [1], () => new Result('1', exactMatch('1', 1, 2)), { title: 'a wrong call' }); // sample: a wrong call
foreach('n', [1], () => { throw 'a text'; }, { title: 'without a line' });
foreach('n', [1], () => true, { title: 'a filter', filter: () => {    // a filter
  throw new Error('cannot choose');                                   // cause: a filter
} });
foreach.skip('n', [1], () => true, { title: 'skipped' });             // location: skipped
foreach.todo('to be written');                                        // location: to be written
test('by hand', async () => {
  await modelProviders.setup('broken:model');                         // by hand
});
test('by hand, without await', () =>                                  // by hand, without await
  modelProviders.setup('broken:model').then(() => 1));
test('a lazy handle', async () => {
  const lazy = modelProviders.request('broken:model');
  await lazy.get();                                                   // a lazy handle
});
test('a closed handle', async () => {
  const handle = await modelProviders.setup('noting:two');
  await handle.teardown();
  handle.client;                                                      // a closed handle
});
test('a teardown', async () => {
  const handle = await modelProviders.setup('busy:one');
  await handle.teardown();                                            // a teardown
});
test('a low score', () => {
  expect('a').toScore(exactMatch('b'));                               // a low score
});
test('a wrong check', () => {
  expect('a').toScore(exactMatch);                                    // a wrong check
});
test('an option that there is none of', () => {
  exactMatch('a', { ignor: 'case' });                                 // an option that there is none of
});
withClient(['noting:three'], (handle) => {
  test('an own error', async () => {
    await null;
    throw new Error(handle.client.name);                              // noting:three an own error
  });
  test('an own matcher', () => {
    expect(handle.client.name).toBe('four');                          // noting:three an own matcher
  });
});
withClient(['command:exec sleep 1000'], (handle) => {
  test('that kills', async () => {                                    // command:exec sleep 1000 that kills
    process.kill(handle.client.pid, 'SIGKILL');
    await handle.client.call().catch(() => undefined);
  });
  test('that comes later', () => {
    handle.client.pid;                                                // command:exec sleep 1000 that comes later
  });
});
withClient(['embedded:novice'], (handle) => {
  test('generate', async () => {
    await handle.client.generate('2 + 3', { maxAnswerBytes: 2 });     // embedded:novice generate
  });
  test('generate, without await', () =>                               // embedded:novice generate, without await
    handle.client.generate('2 + 3', { maxAnswerBytes: 2 }).then(() => 1));
  test('an option of generate', async () => {
    await handle.client.generate('2 + 3', { maxBytes: 2 });           // embedded:novice an option of generate
  });
  test('a stream', async () => {
    for await (const _piece of handle.client.stream('2 + 3', { maxAnswerBytes: 2 })); // embedded:novice a stream
  });
  foreach('q', ['2 + 3'], async (question) => {
    await handle.client.generate(question, { maxAnswerBytes: 2 });    // sample: embedded:novice a call
  }, { title: 'a call' });
  test('the SDK', async () => {
    const { openai } = handle.client;
    await openai.chat.completions.create({ model: 'none', messages: [] }); // embedded:novice the SDK
  });
});
`;

const names = 'defineScorer, exactMatch, foreach, modelProviders, Result, withClient, withClients';
/** The body with resources of its own: what one file kills or tears down, another has not leased. */
const own = (number: number) =>
  body.replaceAll('sleep 1000', `sleep 100${number}`).replaceAll('busy:one', `busy:${number}`);
const specs: Record<string, string> = {
  'common.eval.js': `const { ${names} } = require('jest-model-provider');
    const { help } = require('./lib/helper');
    ${own(0)}`,
  'module.eval.mjs': `import { ${names} } from 'jest-model-provider';
    import { help } from './lib/helper';
    ${own(1)}`,
  // What the compiler takes out moves all lines that follow.
  'typed.eval.ts': `import { ${names} } from 'jest-model-provider';
    import { help } from './lib/helper';
    interface Removed {
      readonly by: 'the compiler';
    }
    declare const process: any;
    ${own(2).replaceAll('(handle)', '(handle: any)')}
    export type { Removed };`,
};

/** Files that cannot be collected: by the mark of the line that is to be shown. */
const brokenFiles: Record<string, string> = {
  'no-list.eval.js': `const { withClient } = require('jest-model-provider');
    describe('around', () => {
      withClient([], () => undefined); // no-list.eval.js
    });`,
  'async.eval.js': `const { withClient } = require('jest-model-provider');
    withClient(['noting:x'], async () => undefined); // async.eval.js`,
  'own-error.eval.js': `const { withClient } = require('jest-model-provider');
    withClient(['noting:x'], () => {
      throw new Error('own'); // own-error.eval.js
    });`,
  'columns.eval.js': `const { foreach } = require('jest-model-provider');
    foreach('a, a', [], () => true); // columns.eval.js`,
  'scorer.eval.js': `const { exactMatch } = require('jest-model-provider');
    exactMatch('a', { ignor: 'case' }); // scorer.eval.js`,
};

const providers = `
  const { defineProviders } = require('jest-model-provider');
  const { NotingProvider, CommandProvider } = require('e2e-kit');
  class Broken extends NotingProvider {
    async createResource() {
      throw new TypeError('no weights'); // no weights
    }
  }
  class Busy extends NotingProvider {
    tried = new Set();
    async destroyResource({ resourceId }) {
      if (this.tried.has(resourceId)) return;
      this.tried.add(resourceId);
      throw new Error('still busy'); // still busy
    }
  }
  class Clientless extends NotingProvider {
    createClient() {
      throw new Error('no driver'); // no driver
    }
  }
  module.exports = defineProviders({
    broken: new Broken(),
    busy: new Busy(),
    clientless: new Clientless(),
    noting: new NotingProvider(),
    command: new CommandProvider(),
  });`;

const helper = `
  interface Removed {
    readonly by: 'the compiler';
  }
  export function help(): boolean {
    throw new Error('no help'); // sample: an error of a helper
  }
  export type { Removed };`;

const files = { ...specs, 'lib/helper.ts': helper, ...brokenFiles, 'providers.js': providers };

/** The lines of a file that are marked, by their marks. */
function marksOf(text: string): Map<string, number> {
  const marked = text.split('\n').flatMap((line, index) => {
    const mark = /\/\/ (.+)$/.exec(line)?.[1];
    return mark === undefined ? [] : ([[mark, index + 1]] as const);
  });
  return new Map(marked);
}

/** Where the errors of samples are thrown, by the tests of their evaluations. */
function placesOf(file: string, text: string): [title: string, place: string][] {
  return [...marksOf(text)].flatMap(([mark, line]) => {
    const title = /^sample: (.+)$/.exec(mark)?.[1];
    return title === undefined ? [] : [[title, `${file}:${line}`]];
  });
}

/** The first line of a failure's stack that is of no dependency: file and line. */
function firstFrame(message: string): string | undefined {
  return /^\s+at (?!.*(?:\/node_modules\/|node:)).*?([^/\s(]+:\d+):\d+\)?$/m.exec(message)?.[1];
}

describe.each(bothModes)('users’ lines, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(files, mode, {
      config: withProviders,
      args: ['--testLocationInResults'],
      env: { NODE_OPTIONS: '--experimental-vm-modules', EVALS_RUN: mine },
    });
  });

  test('leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  describe.each(Object.entries(specs))('%s', (file, text) => {
    const marks = [...marksOf(text)];
    const failures = marks.filter(([mark]) => !/^(?:cause|location|sample): /.test(mark));
    const inSamples = [...placesOf(file, text), ...placesOf('lib/helper.ts', helper)];

    test.each(failures)('the failure of "%s" begins with the line of the user', (title, line) => {
      const { status, message } = run.tests.find((ended) => ended.title === title && ended.file === file) ?? {
        status: 'absent',
        message: '',
      };
      expect({ status, first: firstFrame(message) }).toEqual({ status: 'failed', first: `${file}:${line}` });
      expect(message).not.toContain('jest-model-provider/dist');
    });

    test.each(inSamples)('the failure of "%s" names the line in its sample', (title, place) => {
      const { message } = run.tests.find((ended) => ended.title === title && ended.file === file) ?? {
        message: '',
      };
      expect(message).toMatch(new RegExp(`^- sample 0: .* \\(at ${place}:\\d+\\)$`, 'm'));
    });

    test('the log has the line of an error, and none where no code of the user has thrown one', () => {
      const errors = new Map<string, SampleRecord['error']>();
      for (const log of readLogs(run))
        if (log.header.file === file) log.eachSample(({ error }) => errors.set(log.header.title, error));
      expect(errors.get('a scorer')).toEqual({
        ...{ kind: 'scorer', message: 'strict: cannot judge.', code: 'SCORER_FAILED' },
        thrownAt: expect.stringContaining(`${file}:${marksOf(text).get('sample: a scorer')}:`) as string,
      });
      expect(errors.get('without a line')).toEqual({ kind: 'user', message: 'a text' });
    });

    test('what a filter of the user has thrown is the cause of the failure, with its line', () => {
      const { message = '' } =
        run.tests.find((ended) => ended.title === 'a filter' && ended.file === file) ?? {};
      const [, cause = ''] = message.split('[cause]: ');
      expect(firstFrame(cause)).toBe(`${file}:${marksOf(text).get('cause: a filter')}`);
    });

    test('each test stands where the user has written it', () => {
      const wanted = marks.flatMap(([mark, line]) =>
        mark.startsWith('location: ') ? [[mark.slice('location: '.length), line] as const] : [],
      );
      expect(wanted).toHaveLength(3);
      for (const [title, line] of wanted)
        expect(run.tests).toContainEqual(expect.objectContaining({ title, file, line }));
    });
  });

  test.each(Object.entries(brokenFiles))('%s begins with the line of the user', (file, text) => {
    const { message } = outcome(run, file);
    expect(firstFrame(message)).toBe(`${file}:${marksOf(text).get(file)}`);
    expect(message).not.toContain('jest-model-provider/dist');
  });

  test.each([
    ['by hand', 'TypeError: no weights'],
    ['clientless:model no client', 'Error: no driver'],
    ['a teardown', 'Error: still busy'],
  ])('what a provider of the user has thrown is the cause of "%s", with its line', (title, thrown) => {
    const [, cause = ''] = outcome(run, title).message.split('[cause]: ');
    expect(cause).toContain(`${thrown}\n`);
    expect(firstFrame(cause)).toBe(`providers.js:${marksOf(providers).get(thrown.replace(/^.*: /, ''))}`);
  });
});

test('all frames are shown when they are asked for, and the line of the user still is', async () => {
  const { 'common.eval.js': spec = '' } = specs;
  const chosen = { 'common.eval.js': spec, 'lib/helper.ts': helper, 'providers.js': providers };
  const { tests } = await runJest(chosen, 'in band', {
    config: withProviders,
    args: ['-t', 'a plain test'],
    env: { JEST_MODEL_PROVIDER_STACKS: 'full' },
  });
  const { message } = tests.find(({ title }) => title === 'broken:model a plain test') ?? { message: '' };
  expect(message).toContain('jest-model-provider/dist');
  expect(message).toContain(`common.eval.js:${marksOf(spec).get('broken:model a plain test')}`);
});
