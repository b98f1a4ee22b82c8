import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { completion, fakeEndpoint, json, refusal, type Answerer } from '../fixtures/fake-endpoint';
import { footer, mine, records, samples } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();
const key = 'sk-key/of+the~hostile-server';
const variable = 'token of a variable';
const late = 'late-secret-of-the-spec';
const hostile = '\u001b[2J\u202egnp.exe\u200b';

/** Says what it was sent, in the way that it was asked for. */
const echo: Answerer = (response, request) => {
  const [message] = (request.body['messages'] ?? []) as { content: string }[];
  const bearer = request.headers.authorization ?? '';
  const [, way = '', asRefusal] = /^(\w+)( refused)?$/.exec(message?.content ?? '') ?? [];
  const said =
    {
      whole: bearer,
      base64: btoa(bearer),
      basic: Buffer.from(`user:${bearer.slice('Bearer '.length)}`).toString('base64url'),
      json: JSON.stringify({ headers: JSON.stringify(request.headers) }),
      variable: encodeURIComponent(variable),
      hostile,
    }[way] ?? 'ready';
  const answer = asRefusal === undefined ? json(200, completion(said)) : refusal(400, said);
  answer(response, request);
};

const shown = String.raw`\u001b[2J\u202egnp.exe\u200b`;
const ordinary = '模型-é-🙂, 👩\u200d👩\u200d👧 "100 %" `$x` \\u001b ';

/** Texts as code, all in ASCII: Jest shows the lines around an error. */
function literal(texts: readonly string[]): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(texts).replaceAll(/[^\x20-\x7e]/g, escape);
}

/** A file of snapshots of the number 1, by the full names of their tests. Where CI is set, Jest adds none. */
function snapshotsOf(names: readonly string[]): string {
  const keys = names.map((name) => name.replaceAll(/[`\\]|\$\{/g, String.raw`\$&`));
  const snapshots = keys.map((key) => `exports[\`${key} 1\`] = \`1\`;`);
  return `${['// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing', ...snapshots].join('\n\n')}\n`;
}

const files = {
  '__snapshots__/titles.eval.js.snap': snapshotsOf(
    [shown, ordinary].map((row) => `block ${row} test ${row}`),
  ),
  'titles.eval.js': spec(`
    process.env.LATE_SECRET = ${JSON.stringify(late.split('-'))}.join('-');
    const rows = ${literal([hostile, ordinary])};
    describe.each(rows)('block %s', (row) => {
      test.each([row])('test %s', () => expect(1).toMatchSnapshot());
      test('fails\\n' + row, () => expect(1).toBe(2));
      test.concurrent('concurrent ' + row, async () => undefined);
      test.skip('skipped ' + row, () => undefined);
      test.todo('todo ' + row);
    });
    foreach.todo('evaluation ' + rows[0]);
    test.each([process.env.OPENAI_API_KEY, process.env.LATE_SECRET, 'x'.repeat(3000)])('of %s', () => undefined);`),
  'echo.eval.js': spec(`
    const { includes } = require('jest-model-provider');
    // In parts, since Jest shows the lines around an error.
    process.env.LATE_SECRET = ${JSON.stringify(late.split('-'))}.join('-');
    const key = process.env.OPENAI_API_KEY;
    let said = '';
    const asked = ['whole', 'base64', 'basic', 'json', 'variable', 'hostile'];
    const ask = async (client, prompt) => (await client.generate(prompt)).text;
    const askSdk = async (client, content) => {
      const messages = [{ role: 'user', content }];
      const { choices } = await client.openai.chat.completions.create({ model: 'm', messages });
      return choices[0].message.content;
    };
    const answer = async (question, { client, log, model }) => {
      log('late', { ['key ' + process.env.LATE_SECRET]: [process.env.LATE_SECRET] });
      const [by, prompt] = question.split(': ');
      const text = await (by === 'sdk' ? askSdk : ask)(client, prompt);
      return new Result(text, includes(text, key));
    };
    const ways = (end) => asked.flatMap((way) => ['client', 'sdk'].map((by) => by + ': ' + way + end));
    withClient(['openai:m'], (handle) => {
      foreach('question', ways(''), answer, { title: 'answers', gate: { includes: { min: 1 } } });
      foreach('question', ways(' refused'), answer, { title: 'refusals', retries: 0 });
      foreach('question, id', [{ question: 'client: whole', id: key }], ({ question }, context) =>
        answer(question, context), { title: 'of ' + key + ' \\u202e', id: 'id' });
      for (const [by, asks] of [['client', ask], ['sdk', askSdk]])
        for (const way of asked) {
          test(by + ' ' + way + ' expected', async () => expect(await asks(handle.client, way)).toBe('x'));
          test(by + ' ' + way + ' scored', async () =>
            expect(await asks(handle.client, way)).toScore(exactMatch('x')));
          test(by + ' ' + way + ' thrown', () => asks(handle.client, way + ' refused'));
        }
      test('asks', async () => void (said = await ask(handle.client, 'whole')));
      afterAll(() => expect(said).toBe('after all'));
    });`),
};

/** All forms in which a secret must not be found: what does not depend on what stands around it. */
function tracesOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const bytes = Buffer.from(`${'x'.repeat(offset)}${secret}`);
    return bytes.toString('base64url').slice(4, Math.floor((bytes.length * 8) / 6));
  });
  return [secret, encodeURIComponent(secret), ...inBase64];
}

/** Everything that a run has written, by where. */
function writtenBy({ project, output }: JestRun): ReadonlyMap<string, string> {
  const folder = join(project, '.evals');
  const logs = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const results = join(dirname(project), 'results.json');
  return new Map([
    ['output', output],
    ...[...logs, results].map((path): [string, string] => [path, `${path}\n${readFileSync(path, 'utf8')}`]),
    ['page', readFileSync(join(project, 'page.md'), 'utf8')],
  ]);
}

describe.each(bothModes)('a server that says what it was sent, %s', (mode) => {
  const env = {
    EVALS_RUN: mine,
    OPENAI_API_KEY: key,
    SERVER_TOKEN: variable,
    GITHUB_STEP_SUMMARY: 'page.md',
  };
  let run: JestRun;
  let written: ReadonlyMap<string, string>;
  let again: JestRun;
  let askedAgain: readonly unknown[];
  beforeAll(async () => {
    endpoint.answer(echo);
    const options = { env: { ...env, OPENAI_BASE_URL: endpoint.baseURL } };
    run = await runJest(files, mode, { ...options, args: ['--verbose'] });
    written = writtenBy(run);
    endpoint.requests.length = 0;
    again = await runJest(files, mode, {
      ...options,
      project: run.project,
      args: ['-t', String.raw`answers|of |concurrent \\u001b\[2J`],
    });
    // The check at setup asks for one token.
    askedAgain = endpoint.requests.filter(({ body }) => body['max_tokens'] !== 1);
  });

  test('leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each([
    ['key', key],
    ['value of a variable', variable],
    ['value of a variable of the spec', late],
  ])('no byte of logs, results and output has the %s, in whatever form', (_what, secret) => {
    for (const [where, text] of written) {
      // Both alphabets of base64 as one.
      const plain = `${text}\n${text.replaceAll('+', '-').replaceAll('/', '_')}`;
      const found = tracesOf(secret).filter((trace) => plain.includes(trace));
      expect({ where, found }).toEqual({ where, found: [] });
    }
  });

  test('an answer is scored as it came, and its line says whose secrets were taken out', () => {
    const log = samples(records(run, 'answers'));
    expect(log).toHaveLength(12);
    const of = (input: string): object | undefined => log.find((record) => record.input === input);
    for (const by of ['client', 'sdk']) {
      expect(of(`${by}: whole`)).toMatchObject({
        response: 'Bearer [redacted]',
        scores: [{ name: 'includes', value: true }],
        log: { late: { 'key [redacted]': ['[redacted]'] } },
        redacted: ['LATE_SECRET', 'OPENAI_API_KEY'],
      });
      expect(of(`${by}: variable`)).toMatchObject({
        response: '[redacted]',
        redacted: expect.arrayContaining(['LATE_SECRET', 'SERVER_TOKEN']) as string[],
      });
    }
  });

  test('errors keep the rest of what the server said', () => {
    for (const { input, error } of samples(records(run, 'refusals')))
      if (String(input).includes('whole')) expect(error?.message).toContain('400 Bearer [redacted]');
    expect(outcome(run, 'openai:m client whole thrown').message).toContain('400 Bearer [redacted]');
    expect(outcome(run, 'openai:m sdk whole thrown').message).toContain('400 Bearer [redacted]');
    expect(outcome(run, 'openai:m client whole expected').message).toContain('"Bearer [redacted]"');
  });

  test('what steers a terminal is shown instead, also by what Jest says itself', () => {
    for (const by of ['client', 'sdk'])
      for (const how of ['expected', 'scored', 'thrown'])
        expect(outcome(run, `openai:m ${by} hostile ${how}`).message).toContain(shown);
    expect(run.output).toContain(shown);
    for (const where of ['output', 'page'])
      for (const mark of ['\u001b[2J', '\u202e', '\u200b']) expect(written.get(where)).not.toContain(mark);
  });

  test('titles are shown so too, be they of tests or of blocks, and ordinary ones stay as they are', () => {
    for (const row of [shown, ordinary]) {
      const statuses = {
        [`test ${row}`]: 'passed',
        [String.raw`fails\n${row}`]: 'failed',
        [`concurrent ${row}`]: 'passed',
        [`skipped ${row}`]: 'pending',
        [`todo ${row}`]: 'todo',
      };
      for (const [title, status] of Object.entries(statuses))
        expect(run.tests).toContainEqual(expect.objectContaining({ title: `block ${row} ${title}`, status }));
    }
    expect(outcome(run, `evaluation ${shown}`).status).toBe('todo');
    expect(run.tests.filter(({ title }) => title === 'of [redacted]')).toHaveLength(2);
    const long = run.tests.find(({ title }) => title.startsWith('of xxx'));
    expect(long?.title).toMatch(/^of x+… \([\d,]+ more characters\)$/);
  });

  test('snapshots and -t find a test by the title that is shown', () => {
    expect(run.output).toContain('Snapshots:   2 passed, 2 total');
    expect(outcome(again, `block ${shown} concurrent ${shown}`).status).toBe('passed');
    expect(outcome(again, `block ${ordinary} concurrent ${ordinary}`).status).toBe('pending');
  });

  test('a run is continued although its log lacks what was taken out', () => {
    expect(askedAgain).toEqual([]);
    const { summary } = footer(records(again, 'answers'));
    expect(summary).toMatchObject({ samples: 12, reused: 12 });
    expect(footer(records(again, 'of-redacted-u202e')).summary).toMatchObject({ samples: 1, reused: 1 });
  });
});
