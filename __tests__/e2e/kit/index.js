'use strict';

// What mini projects share: notes, a provider that notes what happens to its resources, and a record of the
// session's events.

const { appendFileSync, readFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { ModelProvider } = require('jest-model-provider');
const { markedProcesses } = require('../../support/processes.cjs');

const limitMs = 120_000;

/** Appends a line to the run's notes; any process of the run may. */
function note(line) {
  appendFileSync(process.env.E2E_NOTES, `${line}\n`);
}

/** Waits until `line` was noted `times` times: how files, workers and the harness wait for each other. */
async function noted(line, times = 1) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const lines = readFileSync(process.env.E2E_NOTES, 'utf8').split('\n');
    if (lines.filter((other) => other === line).length >= times) return;
    if (performance.now() > deadline)
      throw new Error(`Nobody noted "${line}" ${times} times within ${limitMs} ms`);
    await sleep(10);
  }
}

/** The server processes of this run whose command line contains `text`. */
function servers(text) {
  const ours = new Set(processIds(`TMPDIR=${process.env.TMPDIR}`));
  return processIds('JEST_MODEL_PROVIDER_PROCESS=', text).filter((pid) => ours.has(pid));
}

/** Freezes the guardian of this run, and notes it. */
function freezeGuardian() {
  const [pid] = processIds(`TMPDIR=${process.env.TMPDIR}`, 'guardian/main.js');
  process.kill(pid, 'SIGSTOP');
  note(`frozen ${pid}`);
}

function processIds(mark, text = '') {
  return markedProcesses(mark).flatMap(({ pid, command }) => (command.includes(text) ? [pid] : []));
}

const defaults = {
  maxLive: Infinity,
  sharing: 'shared',
  retain: 'lease',
  startTimeoutMs: 120_000,
  stopTimeoutMs: 120_000,
};

/** A resource without a process, whose client is its connection; notes `start NAME` and `stop NAME`. */
class NotingProvider extends ModelProvider {
  constructor(constraints = {}) {
    super();
    this.constraints = { ...defaults, ...constraints };
  }

  async createResource(name) {
    note(`start ${name}`);
    return { name };
  }

  async destroyResource({ name }) {
    note(`stop ${name}`);
  }

  createClient(connection) {
    return connection;
  }
}

/** A resource with a process: a shell that runs the resource's name as a command line. */
class CommandProvider extends ModelProvider {
  constructor(constraints = {}, graceMs = 2000) {
    super();
    this.constraints = { ...defaults, ...constraints };
    this.graceMs = graceMs;
  }

  async createResource(command, _config, context) {
    const { pid } = await context.launch({
      command: '/bin/sh',
      args: ['-c', command],
      passEnv: ['E2E_NOTES'],
      graceMs: this.graceMs,
    });
    return { pid };
  }

  createClient({ pid }, { signal }) {
    // A call that would take for ever: it ends with the resource or the lease.
    const call = () =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    return { pid, call };
  }
}

module.exports = { note, noted, servers, freezeGuardian, NotingProvider, CommandProvider };
