import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { killDescendants } from '../os/process-family';
import { endBlockedProcess } from './end-blocked-process';
import { lostParent, watchParents } from './lost-parents';
import type { FromSignalThread, SignalThreadData, ToSignalThread } from './signal-watch';
import type { GuardianOptions } from '../guardian/guardian-protocol';

// A thread of the session's process. It sees the signals itself, also while the main thread is blocked, and
// asks that thread whether its event loop still turns: one that does has heard the signal. A process that
// does not answer is killed. Signals are no public API of threads: `process.on()` hears none here, and
// `process.binding()` has no `signal_wrap` any more in Node 24. The module that Node's own tests take it from
// is there in 20, 22 and 24, for a thread that is started with --expose-internals.

/** A handle of libuv: https://github.com/nodejs/node/blob/main/src/signal_wrap.cc */
interface SignalHandle {
  onsignal: (signal: number) => void;
  start(signal: number): number;
  close(): void;
}
interface Internals {
  internalBinding(name: 'signal_wrap'): { readonly Signal: new () => SignalHandle };
}

// Limits are counted in ticks, so that a machine that stands still is not taken for a blocked thread.
const tickMs = 100;
/** How long the first signal waits for a busy thread. */
const firstTicks = 35;
/** How long each later one does. */
const laterTicks = 10;
/** How long the teardown of a thread that has heard a signal may block it. */
const teardownTicks = 600;
/** How long it has when what it has started was killed. */
const wakingTicks = 5;

const { signals, echoMs, parents } = workerData as SignalThreadData;
const port = parentPort ?? fail();
const { Signal } = (createRequire(__filename)('internal/test/binding') as Internals).internalBinding(
  'signal_wrap',
);

let files: GuardianOptions | undefined;
let first: { readonly at: number } | undefined;
/** What the main thread has to notice: a signal, or in words. */
let last = '';
/** The number of the question that was asked last. */
let question = 0;
let isAnswered = true;
let ticksLeft = 0;
let isWaking = false;
let ticking: NodeJS.Timeout | undefined;

const handles = Object.entries(signals).map(([name, number]) => {
  const handle = new Signal();
  handle.onsignal = () => onSignal(name);
  handle.start(number);
  return handle;
});

const forgetParents = watchParents(parents, () => {
  if (first === undefined) onSignal(lostParent);
});

port.on('message', (message: ToSignalThread) => {
  if (message === 'stop') stop();
  else if (typeof message === 'number') isAnswered ||= message === question;
  else files = message;
});

function onSignal(reason: string): void {
  last = reason;
  if (first === undefined) {
    first = { at: performance.now() };
    ask(firstTicks);
    ticking = setInterval(tick, tickMs);
  } else if (performance.now() - first.at > echoMs) {
    // However often signals come, what was asked before them must be answered in its own time.
    if (isAnswered) ask(laterTicks);
    else ticksLeft = Math.min(ticksLeft, laterTicks);
  }
}

function ask(ticks: number): void {
  question += 1;
  isWaking = false;
  isAnswered = false;
  ticksLeft = ticks;
  port.postMessage(question satisfies FromSignalThread);
}

function tick(): void {
  ticksLeft -= 1;
  if (isAnswered) {
    ask(teardownTicks);
  } else if (ticksLeft < 0 && !isWaking && killDescendants(process.pid)) {
    // A command that an `execSync` waited for is gone: then the main thread hears the signal now.
    isWaking = true;
    ticksLeft = wakingTicks;
  } else if (ticksLeft < 0) {
    clearInterval(ticking);
    void endBlockedProcess(`${last}, but this process is blocked: it is killed`, files);
  }
}

/** The session has ended. The main thread hears the signals until this thread hears none any more. */
function stop(): void {
  for (const handle of handles) handle.close();
  clearInterval(ticking);
  forgetParents();
  port.postMessage('stopped' satisfies FromSignalThread);
  port.close();
}

function fail(): never {
  throw new Error('This file runs in a thread.');
}
