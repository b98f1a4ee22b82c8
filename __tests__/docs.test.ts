import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { propertiesOf } from './docs/options';
import { anchors, innerLinks, parsePage, readPages, repository, type CodeBlock } from './docs/pages';
import { typeErrors } from './docs/type-check';

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

function page(path: string) {
  const found = pages.find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`There is no ${path}`);
  return found;
}

function where(language: string): CodeBlock[] {
  return blocks.filter((block) => block.language === language);
}

test('every code block says what it is', () => {
  const known = ['ts', 'tsx', 'js', 'mjs', 'python', 'json', 'yaml', 'sql', 'sh', 'text'];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([]);
});

test.each(pages.map(({ path }) => path))('every code block of %s passes the type check', (path) => {
  expect(typeErrors(page(path))).toEqual([]);
});

test('the type check finds a wrong call, also in JavaScript', () => {
  const wrong = [
    '```ts',
    "import { modelProviders } from 'jest-model-provider';",
    "await modelProviders.setUp('embedded:expert');",
    '```',
    '```js',
    "const { exactMatch } = require('jest-model-provider');",
    'exactMatch(1, 2);',
    '```',
    '```ts',
    "void handle.client.generate('1 + 1', { maxToken: 1 });",
    '```',
  ].join('\n');
  expect(typeErrors(parsePage('wrong.md', wrong))).toEqual([
    expect.stringMatching(/^wrong\.md:1, line 2 of the block: Property 'setUp' does not exist/),
    expect.stringMatching(/^wrong\.md:5, line 2 of the block: Argument of type 'number'/),
    expect.stringMatching(/^wrong\.md:9, line 1 of the block: .*'maxToken' does not exist/s),
  ]);
});

test('every JSON block is JSON', () => {
  for (const { text } of where('json')) expect(() => JSON.parse(text) as unknown).not.toThrow();
});

test('every block that shows a file of the repository shows all of it', () => {
  const sources = blocks.filter(({ attributes }) => attributes['source'] !== undefined);
  expect(sources.length).toBeGreaterThan(0);
  for (const { attributes, text } of sources)
    expect(text).toBe(readFileSync(join(repository, attributes['source'] ?? ''), 'utf8'));
});

const runPages = ['docs/recipes.md', 'docs/applications.md'];

test.each(runPages)('every file that %s shows is one that the consumer test runs', (path) => {
  const shown = page(path).blocks.filter(({ language }) => language !== 'sh');
  const others = shown.filter(
    ({ attributes }) =>
      attributes['title'] === undefined || !attributes['source']?.startsWith('__tests__/consumer/'),
  );
  expect(shown.length).toBeGreaterThan(10);
  expect(others.map(({ place }) => place)).toEqual([]);
});

test('every documented command exists', () => {
  const commands = where('sh').flatMap(({ place, text }) =>
    text
      .split(/\n|&&/)
      .map((line) => line.replace(/#.*$/, '').trim())
      .filter((line) => line !== '')
      .map((line) => ({ place, line })),
  );
  expect(commands.filter(({ line }) => !isKnownCommand(line))).toEqual([]);
});

function isKnownCommand(line: string): boolean {
  const [program, ...args] = line.replace(/^(\w+=\S* )+/, '').split(/\s+/);
  if (program === 'npm' && args[0] === 'run') return manifest.scripts[args[1] ?? ''] !== undefined;
  if (program === 'npm' && args[0] === 'test') return manifest.scripts['test'] !== undefined;
  if (program === 'npm') return ['ci', 'i', 'init', 'pack'].includes(args[0] ?? '');
  if (program === 'npx') return ['jest', 'tsc', 'jest-model-provider'].includes(args[0] ?? '');
  if (program === 'pnpm') return args[0] === 'exec' && args[1] === 'jest';
  return ['cd', 'export', 'node'].includes(program ?? '');
}

test('the workflow runs commands that exist, and its actions are pinned by version', () => {
  const workflow = readFileSync(join(repository, '.github/workflows/ci.yml'), 'utf8');
  const [commands = [], actions = []] = [/- run: (.+)/g, /- uses: (.+)/g].map((step) =>
    [...workflow.matchAll(step)].map(([, what = '']) => what),
  );
  expect(commands).toContain('npm test');
  expect(commands.filter((line) => !isKnownCommand(line))).toEqual([]);
  expect(actions.filter((action) => !/@v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});

test('every relative link leads somewhere, anchors included', () => {
  const broken = pages.flatMap((from) =>
    innerLinks(from)
      .filter(({ file, anchor }) => {
        if (!existsSync(join(repository, file))) return true;
        if (anchor === '') return false;
        const text = readFileSync(join(repository, file), 'utf8');
        return !anchors(parsePage(file, text)).includes(anchor);
      })
      .map(({ link }) => `${from.path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test('every page is reached from the README', () => {
  const linked = innerLinks(page('README.md')).map(({ file }) => file);
  const others = pages.map(({ path }) => path).filter((path) => path !== 'README.md');
  expect(others.filter((path) => !linked.includes(path))).toEqual([]);
});

test.each([
  ['docs/configuration.md', 'EmbeddedOptions'],
  ['docs/configuration.md', 'LlamaServerOptions'],
  ['docs/configuration.md', 'LlamaServerConfig'],
  ['docs/configuration.md', 'VLLMOptions'],
  ['docs/configuration.md', 'VLLMConfig'],
  ['docs/configuration.md', 'OpenAICompatibleOptions'],
  ['docs/configuration.md', 'DatabaseOptions'],
  ['docs/configuration.md', 'DatabaseConfig'],
  ['docs/configuration.md', 'WithClientOptions'],
  ['docs/configuration.md', 'SetupOptions'],
  ['docs/configuration.md', 'ForeachOptions'],
  ['docs/configuration.md', 'GenerateOptions'],
  ['docs/configuration.md', 'LaunchOptions'],
  ['docs/evaluating.md', 'ForeachOptions'],
  ['docs/scorers.md', 'JudgeOptions'],
  ['docs/scorers.md', 'ExpectedNumber'],
  ['docs/scorers.md', 'ExpectedChoice'],
  ['docs/scorers.md', 'ExpectedToolCall'],
  ['docs/client.md', 'GenerateOptions'],
  ['docs/statistics.md', 'SampleScore'],
  ['docs/statistics.md', 'Estimate'],
  ['docs/statistics.md', 'EstimateOptions'],
  ['docs/statistics.md', 'Comparison'],
  ['docs/statistics.md', 'CompareOptions'],
  ['docs/statistics.md', 'ScoreGate'],
  ['docs/statistics.md', 'GateSummary'],
  ['docs/writing-a-provider.md', 'ProviderConstraints'],
  ['docs/writing-a-provider.md', 'ResourceContext'],
  ['docs/writing-a-provider.md', 'ContractOptions'],
  ['docs/writing-a-provider.md', 'FakeProviderOptions'],
])('%s names every property of %s', (path, type) => {
  const { text } = page(path);
  const missing = propertiesOf(type).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
  expect(missing).toEqual([]);
});
