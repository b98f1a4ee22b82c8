import { ModelProviderError } from '../../base/errors';
import { sessionVariable } from '../session-client';
import { jestGlobals } from './jest-globals';

const { readFileSync } = process.getBuiltinModule('node:fs');

/** The error for a test file that has no session, though others of the run may have one. */
export function sessionMissing(): ModelProviderError {
  const lines = process.env[sessionVariable] === undefined ? withoutSession : ofOtherEnvironment();
  return new ModelProviderError('SESSION_MISSING', lines.join('\n'));
}

const withoutSession = [
  'This test file has no model provider session.',
  "What to do: put preset: 'jest-model-provider' into jest.config.js. If your config has its own testEnvironment, it must extend",
  "'jest-model-provider/environment'; if it has its own globalSetup and globalTeardown, they must call openSession(globalConfig, projectConfig)",
  "and closeSession(globalConfig) of 'jest-model-provider/session'.",
];

function ofOtherEnvironment(): string[] {
  const page = pageName();
  const named = environmentOfDocblock();
  const right = page === undefined ? 'jest-model-provider/environment' : connected[page];
  const [setting, fix] =
    named === undefined
      ? ['its testEnvironment', `testEnvironment: '${right}'`]
      : [`its @jest-environment ${named}`, `@jest-environment ${right}`];
  return [
    `This test file has no connection to the session of the run: ${setting} makes ${page ?? 'an environment'} without one. Write ${fix} instead.`,
    `What to do: ${page === 'happy-dom' ? 'make that file of two lines' : 'any other environment gets one by a file of two lines'}: const { withModelProviders } = require('jest-model-provider/environment');`,
    `module.exports = withModelProviders(require('${page === undefined ? 'the-other-environment' : packages[page]}').default);`,
  ];
}

type Page = 'jsdom' | 'happy-dom';

const connected: Readonly<Record<Page, string>> = {
  jsdom: 'jest-model-provider/environment-jsdom',
  'happy-dom': './happy-dom-environment.js',
};
const packages: Readonly<Record<Page, string>> = {
  jsdom: 'jest-environment-jsdom',
  'happy-dom': '@happy-dom/jest-environment',
};

/** Whose page this is, if it is one of the two that say it. */
function pageName(): Page | undefined {
  const { happyDOM, navigator } = globalThis as {
    happyDOM?: unknown;
    navigator?: { userAgent?: unknown };
  };
  if (happyDOM !== undefined) return 'happy-dom';
  return String(navigator?.userAgent).includes('jsdom/') ? 'jsdom' : undefined;
}

/** What the first comment of the test file names: https://jestjs.io/docs/configuration#testenvironment-string */
function environmentOfDocblock(): string | undefined {
  const { testPath } = jestGlobals().expect.getState();
  if (testPath === undefined) return undefined;
  const [docblock = ''] = /^\s*\/\*\*?[^]*?\*\//.exec(readFileSync(testPath, 'utf8')) ?? [];
  return /@jest-environment\s+([^\s*]+)/.exec(docblock)?.[1];
}
