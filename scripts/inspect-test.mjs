// npm run test:inspect: runs the examples, exports them in the log format of inspect-ai, and lets the real package read them.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Checks } from './checks.mjs';

const version = '0.3.285';
const repository = fileURLToPath(new URL('..', import.meta.url));
const name = `inspect-${process.pid}`;
const run = join(repository, 'examples', '.evals', name);
const temporary = mkdtempSync(join(tmpdir(), 'inspect-'));
const checks = new Checks();
const execute = promisify(execFile);

try {
  const python = await findPython();
  if (python !== undefined) await compareWith(python);
} finally {
  rmSync(temporary, { recursive: true, force: true });
  rmSync(run, { recursive: true, force: true });
}
checks.finish();

async function compareWith(python) {
  await checks.check('the examples leave logs', () =>
    execute('npx', ['jest', '--config', 'examples/jest.config.js'], {
      cwd: repository,
      env: { ...process.env, EVALS_RUN: name },
    }),
  );
  const tool = [join(repository, 'dist/src/cli/main.js')];
  await checks.check('export --format inspect', () =>
    execute(process.execPath, [...tool, 'export', run, '--format', 'inspect', '--output', temporary]),
  );
  await checks.check(`inspect-ai ${version} reads what the run found`, async () => {
    const [ours, theirs] = await Promise.all([
      execute(process.execPath, [...tool, 'show', run, '--json']),
      execute(python, [join(repository, 'scripts/read-inspect-logs.py'), temporary], { env: quiet() }),
    ]);
    const expected = JSON.parse(ours.stdout).evaluations.map(({ title, model, summary }) => ({
      task: title,
      label: model,
      status: 'success',
      samples: summary.trials,
      errors: Object.values(summary.errorKinds).reduce((sum, count) => sum + count, 0),
      means: Object.fromEntries(summary.scores.map((score) => [score.name, score.mean])),
    }));
    const [wanted, got] = [expected, JSON.parse(theirs.stdout)].map(sorted);
    if (wanted !== got || expected.length === 0) throw new Error(`Expected ${wanted}\ngot ${got}`);
  });
}

function sorted(logs) {
  const rounded = logs.map(({ means, ...log }) => ({
    ...log,
    means: Object.entries(means)
      .map(([score, mean]) => `${score} ${mean.toFixed(9)}`)
      .sort(),
  }));
  const fields = ['task', 'label', 'status', 'samples', 'errors', 'means'];
  return JSON.stringify(rounded.map((log) => fields.map((field) => log[field])).sort());
}

/** A Python that has inspect-ai: an environment of its own, kept outside the repository for the next time. */
async function findPython() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jest-model-provider');
  const directory = join(cache, `inspect-ai-${version}`);
  const python = join(directory, 'bin', 'python');
  if (existsSync(python)) return python;
  const draft = join(cache, `inspect-ai-${process.pid}`);
  mkdirSync(cache, { recursive: true });
  try {
    await execute('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    await execute(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', ...flags, `inspect-ai==${version}`]);
    if (!existsSync(python)) renameSync(draft, directory);
    return python;
  } catch (error) {
    checks.skip('inspect-ai', `it cannot be installed: ${String(error.stderr || error.message).trim()}`);
    return undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function quiet() {
  return { ...process.env, INSPECT_LOG_LEVEL: 'error' };
}
