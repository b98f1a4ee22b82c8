// What is checked in the projects of the consumer test.

// Of two files: one evaluation and one test for each of two models, and three tests more.
const plain = { tests: 7, files: 2 };

/** Runs the evals of a project, and throws unless all pass, nothing warns, and the report is there. */
export async function evaluate(project, mode, { moreFiles = 0 } = {}) {
  const { output, result } = await project.jest(mode.split(' '));
  const { numPassedTests, numTotalTests, numTotalTestSuites, success } = result;
  const tests = plain.tests + moreFiles;
  expectEqual({ numPassedTests, numTotalTests, numTotalTestSuites, success }, output, {
    numPassedTests: tests,
    numTotalTests: tests,
    numTotalTestSuites: plain.files + moreFiles,
    success: true,
  });
  expectReport(output);
  for (const wanted of ['greeter:world', 'left behind: nothing']) expectText(output, wanted);
  const warning = output
    .split('\n')
    .find(
      (line) => /\bwarn|deprecat/i.test(line) && !/vm modules|--trace-(warnings|deprecation)/i.test(line),
    );
  if (warning !== undefined) throw new Error(`It warns:\n${output}`);
}

/** Throws unless the matrix of evaluations and models is there. */
export function expectReport(output) {
  for (const wanted of ['│ exactMatch │', 'embedded:expert', 'Logs: .evals']) expectText(output, wanted);
}

export function expectText(output, wanted) {
  if (!output.includes(wanted)) throw new Error(`The output lacks "${wanted}":\n${output}`);
}

export function expectEqual(actual, output, expected) {
  const [wanted, got] = [expected, actual].map((value) => JSON.stringify(value));
  if (wanted !== got) throw new Error(`Expected ${wanted}, got ${got}:\n${output}`);
}

/** The command of the package finds the run that has just been. */
export async function checkShow(project) {
  const shown = await project.exec('jest-model-provider', ['show']);
  for (const wanted of ['exactMatch', 'EVALS_RUN=']) expectText(shown, wanted);
}

/** A file of TypeScript in a project without it says what to install. */
export async function checkMissingTypeScript(project) {
  project.write(
    'typed.eval.ts',
    "const answer: string = '5';\ntest('typed', () => expect(answer).toBe('5'));\n",
  );
  const { output } = await project.jest(['-i', 'typed'], { mayFail: true });
  for (const wanted of ['DEPENDENCY_MISSING', 'npm i -D ts-jest typescript']) expectText(output, wanted);
}

/**
 * The JUnit file is that of jest-junit: an evaluation is one test case, and a gate that is not passed its
 * failure.
 */
export async function checkJUnit(project, mode) {
  project.write(
    'junit.eval.js',
    `const { exactMatch, foreach, Result } = require('jest-model-provider');
const rows = [['2 + 3', '5'], ['4 + 4', '9']];
const echo = ({ question, answer }) => new Result(answer, exactMatch(answer, question === '2 + 3' ? '5' : '8'));
foreach('question, answer', rows, echo, { title: 'gated', gate: { exactMatch: { min: 0.9, by: 'mean' } } });
foreach('question, answer', rows, echo, { title: 'ungated' });\n`,
  );
  const reporters = ['default', 'jest-model-provider/reporter', 'jest-junit'];
  const { output } = await project.jest(
    [...mode.split(' '), 'junit', ...reporters.map((reporter) => `--reporters=${reporter}`)],
    { mayFail: true, env: { JEST_JUNIT_OUTPUT_NAME: 'junit.xml' } },
  );
  const [gated, ungated, ...others] = project.read('junit.xml').match(/<testcase[^]*?<\/testcase>/g);
  const message = '&quot;gated&quot;: the gate is not passed.\nexactMatch: mean 0.5,';
  if (!gated.includes(message) || !gated.includes('sample 1: ')) throw new Error(gated);
  if (ungated.includes('<failure>') || others.length > 0) throw new Error([ungated, ...others].join('\n'));
  expectText(output, 'gate failed');
}

/**
 * The compiler accepts the files of a project: as its own tsconfig.json says, with the types of all packages
 * checked, and as other module resolutions find ours.
 */
export async function checkTypes(checks, title, project, folder, { language, modules }) {
  const isOld = language === 'TypeScript 5.0';
  const others = isOld ? { node10: 'commonjs' } : { bundler: 'esnext' };
  // The others know but one kind of module.
  const resolutions = { nodenext: 'nodenext', ...(modules === 'CommonJS' && others) };
  for (const [resolution, module] of Object.entries(resolutions)) {
    const args = ['-p', folder, '--moduleResolution', resolution, '--module', module];
    await checks.check(`${title}: types, as moduleResolution ${resolution} finds them`, () =>
      isOld ? checkOldTypes(project, args) : project.exec('tsc', args),
    );
  }
}

// A type of Jest itself, which `@types/jest` brings, is newer than TypeScript 5.0.
const errorOfJest = /jest-mock\/build\/index\.d\.ts\(\d+,\d+\): error TS2726: .*'esnext\.disposable'/;

async function checkOldTypes(project, args) {
  const output = await project.exec('tsc', args, { mayFail: true });
  const errors = output.split('\n').filter((line) => /error TS\d/.test(line) && !errorOfJest.test(line));
  if (errors.length > 0 || !errorOfJest.test(output)) throw new Error(output);
}
