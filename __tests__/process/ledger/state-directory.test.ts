import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { privateDirectory, stateDirectory, unsafeReason } from '../../../src/process/ledger/state-directory';
import { startScript } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const isRoot = process.getuid?.() === 0;

/** What the code under test throws. */
function refusal(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing was thrown');
}

/** Where a process with these variables keeps its state: a path, or the code of an error. */
async function stateDirectoryOf(env: Record<string, string | undefined>): Promise<string> {
  const script = startScript(
    `try { console.log(require('#process/ledger/state-directory').stateDirectory()); } catch (error) { console.log(error.code); }`,
    { ...places.env, ...env } as Record<string, string>,
  );
  expect(await script.ended).toBe(0);
  return script.output().trim();
}

describe('the state directory', () => {
  it('lies in XDG_STATE_HOME, made for its owner alone', () => {
    const path = stateDirectory();
    expect(path).toBe(join(places.state, 'jest-model-provider'));
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(stateDirectory()).toBe(path);
  });

  it.each([undefined, '', 'relative/state'])(
    'lies in ~/.local/state when XDG_STATE_HOME is %p, which the XDG specification says to ignore',
    async (value) => {
      const path = await stateDirectoryOf({ HOME: places.directory, XDG_STATE_HOME: value });
      expect(path).toBe(join(places.directory, '.local/state/jest-model-provider'));
    },
  );

  it('is a folder of the temporary directory when the home cannot be written', async () => {
    const path = await stateDirectoryOf({ XDG_STATE_HOME: '/dev/null' });
    expect(path).toBe(join(places.temporary, `jest-model-provider-${userInfo().uid}`));
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.each(['', 'relative'])(
    'is refused where HOME is %p: it would lie wherever a process runs',
    async (HOME) => {
      expect(await stateDirectoryOf({ HOME, XDG_STATE_HOME: '' })).toBe('CONFIG_INVALID');
      expect(await stateDirectoryOf({ HOME })).toBe(join(places.state, 'jest-model-provider'));
    },
  );

  it('is refused, naming path, reason, variable and fix, where neither it nor the temporary directory can be made', async () => {
    const script = startScript(
      `try { require('#process/ledger/state-directory').stateDirectory(); } catch (error) { console.log(error.code, error.message); }`,
      { ...places.env, XDG_STATE_HOME: '/dev/null', TMPDIR: '/dev/null' },
    );
    expect(await script.ended).toBe(0);
    expect(script.output().trim()).toBe(
      `CONFIG_INVALID The directory /dev/null/jest-model-provider-${userInfo().uid} cannot be written: a part of its path is no directory (ENOTDIR). XDG_STATE_HOME is "/dev/null": set it to a directory that you can write to.`,
    );
  });

  it('is refused there if somebody else was faster', async () => {
    symlinkSync(places.state, join(places.temporary, `jest-model-provider-${userInfo().uid}`));
    expect(await stateDirectoryOf({ XDG_STATE_HOME: '/dev/null' })).toBe('STATE_DIRECTORY_UNSAFE');
  });
});

describe('a private directory', () => {
  const path = (): string => join(places.state, 'private');

  it('is refused when it is a link, even to a directory of ours', () => {
    mkdirSync(join(places.state, 'target'), { mode: 0o700 });
    symlinkSync(join(places.state, 'target'), path());
    expect(refusal(() => privateDirectory(path()))).toMatchObject({
      code: 'STATE_DIRECTORY_UNSAFE',
      message: `The directory ${path()} is not a directory, so process records in it cannot be trusted: remove it, or set XDG_STATE_HOME to a directory of your own.`,
    });
  });

  it('is refused when it is a file', () => {
    writeFileSync(path(), '');
    expect(refusal(() => privateDirectory(path()))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('something that is no directory is in its way') as string,
    });
  });

  it.each([0o755, 0o770, 0o701])('is refused when others may enter it: mode %o', (mode) => {
    mkdirSync(path());
    chmodSync(path(), mode);
    expect(refusal(() => privateDirectory(path())).message).toContain('is open to other users');
  });

  it('is refused when it belongs to somebody else', () => {
    if (!isRoot) {
      expect(unsafeReason('/')).toBe('belongs to user 0');
      return;
    }
    mkdirSync(path(), { mode: 0o700 });
    chownSync(path(), 12_345, 12_345);
    expect(refusal(() => privateDirectory(path())).message).toContain('belongs to user 12345');
  });

  it('keeps what is in it', () => {
    privateDirectory(path());
    writeFileSync(join(path(), 'kept'), '');
    privateDirectory(path());
    expect(existsSync(join(path(), 'kept'))).toBe(true);
  });
});
