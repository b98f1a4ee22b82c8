import {
  chownSync,
  existsSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  createServerDirectory,
  createSessionDirectory,
  newSessionId,
  removeSessionDirectory,
  sessionDirectories,
  sessionDirectoryPath,
} from '../../../src/process/ledger/session-directory';
import { startScript } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();

describe("a session's directory", () => {
  it('has a name that cannot be guessed, one per session', () => {
    expect(new Set(Array.from({ length: 100 }, newSessionId)).size).toBe(100);
    expect(sessionDirectoryPath('abc')).toMatch(/\/jmp-abc$/);
  });

  it('has a path short enough for a socket in it, however long TMPDIR is', async () => {
    const long = join(places.temporary, 'x'.repeat(90));
    const script = startScript(
      `console.log(require('#process/ledger/session-directory').sessionDirectoryPath(require('#process/ledger/session-directory').newSessionId()))`,
      { ...places.env, TMPDIR: long },
    );
    await script.ended;
    expect(script.output().trim()).toMatch(/^\/tmp\/jmp-[0-9a-f]{16}$/);
  });

  it('has a path without links, as the system names the directory of a process', async () => {
    const link = join(places.directory, 'link');
    symlinkSync(places.temporary, link);
    const script = startScript(
      `console.log(require('#process/ledger/session-directory').sessionDirectoryPath('abc'))`,
      { ...places.env, TMPDIR: link },
    );
    await script.ended;
    expect(script.output().trim()).toBe(join(realpathSync(places.temporary), 'jmp-abc'));
  });

  it.each([
    ['é'.repeat(36), /^\/tmp\/jmp-[0-9a-f]{16}$/, 'counts bytes, as sockets do'],
    ['relative', /^\/.+\/relative\/jmp-[0-9a-f]{16}$/, 'is absolute, since servers work elsewhere'],
  ])('of TMPDIR %p matches %p: it %s', async (TMPDIR, wanted) => {
    const script = startScript(
      `const directories = require('#process/ledger/session-directory');
      console.log(directories.sessionDirectoryPath(directories.newSessionId()));`,
      { ...places.env, TMPDIR: TMPDIR === 'relative' ? TMPDIR : join('/', TMPDIR) },
    );
    await script.ended;
    expect(script.output().trim()).toMatch(wanted);
  });

  it('is made for its owner alone, and never in the place of something else', () => {
    const path = join(places.temporary, 'jmp-abc');
    createSessionDirectory(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(() => createSessionDirectory(path)).toThrow('EEXIST');
  });

  it('is refused where a link waits for it', () => {
    const path = join(places.temporary, 'jmp-abc');
    symlinkSync(places.state, path);
    expect(() => createSessionDirectory(path)).toThrow('EEXIST');
  });
});

describe('removing a session’s directory', () => {
  it('removes it with all that is in it', () => {
    const path = join(places.temporary, 'jmp-abc');
    mkdirSync(join(path, 'embedded_novice_1'), { recursive: true });
    writeFileSync(join(path, 'embedded_novice_1', 'server.log'), 'x');
    removeSessionDirectory(path, 'abc');
    expect(existsSync(path)).toBe(false);
    removeSessionDirectory(path, 'abc');
  });

  it.each(['precious', 'jmp-other', 'jmp-abc.old', ''])(
    'touches nothing that is not named after the session: %p',
    (name) => {
      const path = join(places.temporary, name);
      mkdirSync(path, { recursive: true });
      removeSessionDirectory(path, 'abc');
      expect(existsSync(path)).toBe(true);
    },
  );

  it('does not follow a link of the right name', () => {
    writeFileSync(join(places.state, 'precious'), '');
    symlinkSync(places.state, join(places.temporary, 'jmp-abc'));
    removeSessionDirectory(join(places.temporary, 'jmp-abc'), 'abc');
    expect(existsSync(join(places.state, 'precious'))).toBe(true);
  });

  it('does not follow links inside it', () => {
    const path = join(places.temporary, 'jmp-abc');
    mkdirSync(path);
    writeFileSync(join(places.state, 'precious'), '');
    symlinkSync(places.state, join(path, 'link'));
    removeSessionDirectory(path, 'abc');
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(places.state, 'precious'))).toBe(true);
  });

  it('leaves alone what belongs to somebody else', () => {
    if (process.getuid?.() !== 0) return;
    const path = join(places.temporary, 'jmp-abc');
    mkdirSync(path);
    chownSync(path, 12_345, 12_345);
    removeSessionDirectory(path, 'abc');
    expect(existsSync(path)).toBe(true);
  });
});

describe('the directories of servers', () => {
  const isRoot = process.getuid?.() === 0;

  test('are private, and are removed with the session, also those in memory', () => {
    const session = newSessionId();
    const path = sessionDirectoryPath(session);
    createSessionDirectory(path);
    const made = [
      createServerDirectory(path, {}),
      createServerDirectory(path, { inMemory: true }),
      ...(isRoot ? [createServerDirectory(path, { user: { uid: 65_534, gid: 65_534 } })] : []),
    ];
    for (const directory of made) expect(statSync(directory).mode & 0o777).toBe(0o700);
    if (isRoot) expect(statSync(made[2] ?? '').uid).toBe(65_534);
    removeSessionDirectory(path, session);
    expect(sessionDirectories(path).filter((directory) => existsSync(directory))).toEqual([]);
  });
});
