'use strict';

const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { markedProcesses } = require('./processes.cjs');

/** Everything of a run that is still there: processes, session directories, ledgers. Empty is the rule. */
function leftBehind({ temporary, state }) {
  return [
    ...processesOf(temporary).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...readdirSync(temporary).filter((name) => name.startsWith('jmp-')),
    ...ledgersIn(state).map((name) => `ledger ${name}`),
  ];
}

/**
 * The processes of a run: Jest, its workers, the guardian and the servers all carry the run's private TMPDIR.
 */
function processesOf(temporary) {
  return markedProcesses(`TMPDIR=${temporary}`);
}

/** Kills whatever of a run is still alive, at once. */
function killProcessesOf(temporary) {
  for (const { pid } of processesOf(temporary)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended by itself since it was found.
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** The names of the ledgers in a state directory. */
function ledgersIn(state) {
  const ledgers = join(state, 'jest-model-provider', 'sessions');
  return existsSync(ledgers) ? readdirSync(ledgers) : [];
}

module.exports = { leftBehind, processesOf, killProcessesOf, ledgersIn };
