import { execFileSync } from 'node:child_process';
import { continueCommand } from '../../src/run/continue-command';

test('is the same command with the name of the run', () => {
  const argv = ['node', '/project/node_modules/.bin/jest', '-i', 'arithmetic'];
  expect(continueCommand('2026-01-02', { argv, env: {} })).toBe(
    'EVALS_RUN=2026-01-02 npx jest -i arithmetic',
  );
});

test('keeps the choice of samples, models and transcripts, and repeats nothing that was run again', () => {
  const env = {
    EVALS_SAMPLES: '10',
    EVALS_MODELS: 'a b,c',
    EVALS_RERUN: 'failed',
    EVALS_TRANSCRIPTS: 'none',
  };
  expect(continueCommand('nightly', { argv: ['node', 'jest'], env })).toBe(
    "EVALS_RUN=nightly EVALS_SAMPLES=10 EVALS_MODELS='a b,c' EVALS_TRANSCRIPTS=none npx jest",
  );
});

test('reaches Jest through a shell as it was', () => {
  const args = ['-t', 'it\'s $HOME; "all"', 'ä b', ''];
  const command = continueCommand('r', { argv: ['node', 'jest', ...args], env: {} });
  const shown = execFileSync('sh', ['-c', command.replace('npx jest', `printf '%s\\n'`)], {
    encoding: 'utf8',
  });
  expect(shown).toBe(args.map((arg) => `${arg}\n`).join(''));
});
