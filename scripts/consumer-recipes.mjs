// What continuous integration, an editor and a debugger do with a project, by the files of docs/recipes.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectEqual, expectReport, expectText } from './consumer-checks.mjs';

const folder = fileURLToPath(new URL('../__tests__/consumer/recipes', import.meta.url));
// Of two files, with one evaluation and one test for each of two models, and three tests more.
const tests = 7;

/** Runs every recipe in a project that has js-yaml. */
export async function checkRecipes(checks, title, project) {
  await checks.check(`${title}: GitHub Actions`, () => checkGitHub(project));
  await checks.check(`${title}: GitLab`, () => checkGitLab(project));
  await checks.check(`${title}: the Jest extension of VS Code`, () => checkExtension(project));
  await checks.check(`${title}: a debugger`, () => checkDebugger(project));
}

async function checkGitHub(project) {
  const { steps } = readYaml(project, 'github-actions', '.github/workflows/evals.yml').jobs.evals;
  const summary = join(project.directory, 'step-summary.md');
  writeFileSync(summary, '');
  const output = await runLines(
    project,
    steps.flatMap((step) => step.run ?? []),
    { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
  );
  expectReport(output);
  expectText(readFileSync(summary, 'utf8'), 'exactMatch');
}

async function checkGitLab(project) {
  const { script } = readYaml(project, 'gitlab', '.gitlab-ci.yml').evals;
  expectReport(await runLines(project, script, { GITLAB_CI: 'true' }));
}

function readYaml(project, recipe, path) {
  cpSync(join(folder, recipe), project.directory, { recursive: true });
  const { load } = createRequire(join(project.directory, 'package.json'))('js-yaml');
  return load(project.read(path));
}

async function runLines(project, lines, env) {
  if (lines.length === 0) throw new Error('The recipe runs no command');
  return project.watched(async (places) => {
    const outputs = [];
    for (const line of lines)
      outputs.push(
        await project.shell(line, {
          env: { ...places, CI: 'true', npm_config_prefer_offline: 'true', ...env },
        }),
      );
    return outputs.join('\n');
  });
}

/** What the extension does with its settings: it adds arguments to the command line, with a reporter of its own. */
async function checkExtension(project) {
  cpSync(join(folder, 'vs-code'), project.directory, { recursive: true });
  const settings = JSON.parse(project.read('.vscode/settings.json'));
  project.write('extension-reporter.js', 'module.exports = class { onRunComplete() {} };\n');
  const reporter = join(project.directory, 'extension-reporter.js');
  const line = [
    settings['jest.jestCommandLine'],
    ...['--testLocationInResults', '--json', '--useStderr', '--outputFile', 'extension.json'],
    ...['--reporters', 'default', '--reporters', `'${reporter}'`, '--watchAll=false'],
  ].join(' ');
  const output = await project.watched((places) => project.shell(line, { env: places }));
  const { numPassedTests, testResults } = JSON.parse(project.read('extension.json'));
  expectEqual(numPassedTests, output, tests);
  if (
    testResults.some(({ assertionResults }) => assertionResults.some(({ location }) => !(location?.line > 0)))
  )
    throw new Error(`A test has no location:\n${project.read('extension.json')}`);
  expectReport(output);
}

/** Stops at the first line, is told to go on, and ends with nothing left. */
async function checkDebugger(project) {
  cpSync(join(folder, 'vs-code'), project.directory, { recursive: true });
  const [{ program, args }] = JSON.parse(project.read('.vscode/launch.json')).configurations;
  const inFolder = (text) => text.replace('${workspaceFolder}', project.directory);
  await project.watched(async (places) => {
    const start = (nodeArgs) => {
      const child = spawn(process.execPath, nodeArgs, {
        cwd: project.directory,
        env: { ...process.env, ...places, NODE_OPTIONS: '' },
      });
      child.text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (child.text += chunk));
      return child;
    };
    const jest = start([
      ...['--inspect-brk=127.0.0.1:0', inFolder(program)],
      ...args.map((arg) => arg.replace('${relativeFile}', 'models.eval.js')),
    ]);
    const ended = once(jest, 'exit');
    const [, address] = await printed(jest, /ws:\/\/(127\.0\.0\.1:\d+)\//);
    const client = start(['inspect', address]);
    await printed(client, /Break on start[^]*debug> /);
    client.stdin.write('cont\n');
    await printed(jest, /Waiting for the debugger to disconnect/);
    client.stdin.end('.exit\n');
    const [code] = await ended;
    expectEqual(code, jest.text, 0);
    expectReport(jest.text);
    if (client.exitCode === null) await once(client, 'exit');
    return jest.text;
  });
}

/** Waits until a child has printed what matches. */
async function printed(child, pattern) {
  for (;;) {
    const match = pattern.exec(child.text);
    if (match !== null) return match;
    if (child.exitCode !== null) throw new Error(`It ended, without ${pattern}:\n${child.text}`);
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), once(child, 'exit')]);
  }
}
