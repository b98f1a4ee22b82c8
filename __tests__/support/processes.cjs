'use strict';

// Finds what a run has left alive. Plain JavaScript, because tests, scripts, kill trials and the mini
// projects' kit all load it.

const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, readlinkSync } = require('node:fs');

/** The kernel's own record; the only one that tells the variables of the environment apart. */
const proc = {
  marked: (mark) =>
    livingInProc((pid) => {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return environment.some((variable) => variable.startsWith(mark));
    }),
  workingIn: (directory) => livingInProc((pid) => isWithin(directory, readlinkSync(`/proc/${pid}/cwd`))),
};

/**
 * For systems without /proc. macOS hides the environment of its own programs, such as /bin/sh, from ps too.
 */
const commands = {
  marked: (mark) =>
    lines('ps', ['axeww', '-o', 'pid=,command=']).flatMap((line) => {
      const [, pid = '', text = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
      if (!text.includes(` ${mark}`)) return [];
      return [{ pid: Number(pid), command: text.slice(0, text.search(/ [A-Za-z_]\w*=/)) }];
    }),
  workingIn: (directory) => {
    const found = [];
    for (const line of lines('lsof', ['-a', '-d', 'cwd', '-F', 'pcn'])) {
      const [field, value] = [line.charAt(0), line.slice(1)];
      if (field === 'p') found.push({ pid: Number(value), command: '', directory: '' });
      else if (field === 'c') found.at(-1).command = value;
      else if (field === 'n') found.at(-1).directory = value;
    }
    return found.flatMap(({ pid, command, directory: own }) =>
      isWithin(directory, own) ? [{ pid, command }] : [],
    );
  },
};

const means = existsSync('/proc/self/environ') ? proc : commands;

/**
 * The processes with an environment variable that begins with `mark`, such as `TMPDIR=/tmp/own-1`. Whatever a
 * run starts inherits its private TMPDIR, in whichever session or group it is; some servers have a directory
 * within it for themselves.
 */
function markedProcesses(mark) {
  return means.marked(mark);
}

/**
 * The processes that work in `directory` or below it. Backends of Postgres hide their environment, and leave
 * their group.
 */
function processesIn(directory) {
  return means.workingIn(directory);
}

function livingInProc(isWanted) {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!isWanted(name)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(name), command }];
    } catch {
      // It has ended, or belongs to somebody else.
      return [];
    }
  });
}

function lines(command, args) {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error !== undefined) throw error;
  // The exit code says little: lsof complains when it may not look at a single process.
  if (stdout === '') throw new Error(`${command} ${args.join(' ')} finds no process:\n${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

function isWithin(directory, cwd) {
  const path = cwd.replace(/ \(deleted\)$/, '');
  return path === directory || path.startsWith(`${directory}/`);
}

module.exports = { markedProcesses, processesIn, means: { proc, commands } };
