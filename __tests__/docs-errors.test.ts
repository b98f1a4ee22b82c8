import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../src/base/errors';
import { readPages, repository } from './docs/pages';
import { provokedOutput } from './docs/provoked-errors';

const [page] = readPages().filter(({ path }) => path === 'docs/troubleshooting.md');
const sections = (page?.text ?? '').split(/^## (?=[A-Z_]{2,}$)/m).slice(1);
const documented = new Map(sections.map((section) => [section.split('\n')[0] ?? '', section]));

/** Codes that no mini project can cause: somebody has to kill or fake something at the right moment. */
const fromSource = ['GUARDIAN_LOST', 'SESSION_CLOSED', 'SESSION_REFUSED'];

test('every error code has its section in the troubleshooting page, in alphabetical order', () => {
  expect([...documented.keys()]).toEqual([...errorCodes].sort());
});

test('every section shows a message of its code', () => {
  for (const code of errorCodes) expect(messageOf(code)).toMatch(`ModelProviderError [${code}]: `);
});

test('every message that the troubleshooting page shows is one that is really printed', async () => {
  const printed = normalize(`${await provokedOutput()}\n${printedOnWindows()}`);
  const missing = errorCodes.filter(
    (code) => !fromSource.includes(code) && !printed.includes(normalize(messageOf(code))),
  );
  expect(missing).toEqual([]);
  // Several runs, one after the other, each of which has a limit of its own.
}, 900_000);

test('the messages that cannot be provoked stand in the source', () => {
  const source = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(repository, 'src', name), 'utf8'))
    .join('\n');
  for (const code of fromSource) {
    const text = messageOf(code)
      .replace(/^.*?\]: /, '')
      .trim();
    // What differs from case to case is a number, or how a process ended.
    for (const part of text.split(/\d+|was ended by \w+/)) expect(source).toContain(part);
  }
});

/** The message in a code's section. */
function messageOf(code: string): string {
  return /```text\n(.*?)```/s.exec(documented.get(code) ?? '')?.[1] ?? `no message of ${code}`;
}

/** What differs from run to run: directories, numbers of processes and ports, names of launches. */
function normalize(text: string): string {
  return (
    text
      // Its path may hold spaces, which end a path in the next rule.
      .replaceAll(repository, '/repository')
      .replaceAll(/^ +/gm, '')
      .replaceAll(/(?<=[\s"'(:])\/[^\s"',:)]*\//g, '/…/')
      .replaceAll(/\bjmp-[0-9a-f]+/g, 'jmp-…')
      .replaceAll(/(pid |--port )\d+/g, '$1…')
      .replaceAll(/^Command: .*$/gm, 'Command: …')
      .trim()
  );
}

function printedOnWindows(): string {
  const script = `
    Object.defineProperty(process, 'platform', { value: 'win32' });
    require('jest-model-provider').modelProviders.setup('embedded:expert').catch((error) => console.log(error.stack));`;
  const { JEST_WORKER_ID: _inside, NODE_OPTIONS: _options, ...env } = process.env;
  return execFileSync(process.execPath, ['-e', script], { cwd: repository, encoding: 'utf8', env });
}
