import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findCommand } from '../../../src/process/os/find-command';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const pathBefore = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = pathBefore;
});

function program(name: string, mode = 0o755): string {
  const path = join(places.directory, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

describe('a command', () => {
  it('given as a path is made absolute', () => {
    const path = program('server');
    expect(findCommand(path)).toBe(path);
    expect(findCommand(join(places.directory, 'x', '..', 'server'))).toBe(path);
  });

  it('given as a name is found on PATH, in its order', () => {
    mkdirSync(join(places.directory, 'first'));
    const path = program('server');
    process.env['PATH'] = `${join(places.directory, 'first')}:${places.directory}`;
    expect(findCommand('server')).toBe(path);
    expect(findCommand('server')).not.toBe(program('first/server'));
    expect(findCommand('server')).toBe(join(places.directory, 'first/server'));
  });

  it('found in a relative folder of PATH is made absolute: a server may run elsewhere', () => {
    const path = program('server');
    process.env['PATH'] = relative(process.cwd(), places.directory);
    expect(findCommand('server')).toBe(path);
  });

  it('is not a directory, nor a file that may not be executed', () => {
    mkdirSync(join(places.directory, 'first'));
    mkdirSync(join(places.directory, 'first', 'server'));
    mkdirSync(join(places.directory, 'second'));
    program('second/server', 0o644);
    const path = program('server');
    process.env['PATH'] = ['first', 'second', ''].map((name) => join(places.directory, name)).join(':');
    expect(findCommand('server')).toBe(path);
  });

  it.each([
    ['no-such-command-anywhere', 'Command "no-such-command-anywhere" cannot be started: it is not on PATH.'],
    ['/no/such/file', 'Command "/no/such/file" cannot be started: /no/such/file does not exist.'],
    ['/etc/passwd', 'Command "/etc/passwd" cannot be started: /etc/passwd is not executable.'],
    ['/etc', 'Command "/etc" cannot be started: /etc is not executable.'],
  ])('that cannot be started, %s, is refused with the reason', (command, message) => {
    expect(() => findCommand(command)).toThrow(
      expect.objectContaining({ code: 'COMMAND_NOT_FOUND', message, details: { command } }) as Error,
    );
  });

  it('that cannot be started is refused with the advice of its provider', () => {
    expect(() => findCommand('/no/such/file', 'Install it.')).toThrow('does not exist. Install it.');
  });
});
