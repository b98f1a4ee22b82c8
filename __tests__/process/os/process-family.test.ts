import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { killDescendants, killFamily } from '../../../src/process/os/process-family';
import { killProcess } from '../../../src/process/os/kill-process';
import { isAlive, processEntry, type ProcessIdentity } from '../../../src/process/os/process-identity';
import { eventually } from '../../support/eventually';

const heads: ChildProcess[] = [];
const identities: ProcessIdentity[] = [];
afterEach(async () => {
  for (const identity of identities.splice(0)) killProcess(identity);
  await Promise.all(heads.splice(0).map((head) => head.exitCode ?? head.signalCode ?? once(head, 'exit')));
});

interface Family {
  readonly head: ProcessIdentity;
  readonly grandchild: ProcessIdentity;
  readonly stranger: ProcessIdentity;
}

/** A process, what its child has started, and a child that has a group of its own. */
async function startFamily(): Promise<Family> {
  const middle = `
    const { pid } = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
    console.log('middle ' + process.pid + ' grandchild ' + pid);
    setInterval(() => undefined, 1000);`;
  const source = `
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', ${JSON.stringify(middle)}], { stdio: 'inherit' });
    const { pid } = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    console.log('head ' + process.pid + ' stranger ' + pid);
    setInterval(() => undefined, 1000);`;
  const head = spawn(process.execPath, ['-e', source], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  heads.push(head);
  let text = '';
  head.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const pidOf = (name: string): number => Number(new RegExp(`${name} (\\d+)`).exec(text)?.[1]);
  await eventually(() => text.split('\n').length === 3);
  const [first, grandchild, stranger, between] = ['head', 'grandchild', 'stranger', 'middle'].map((name) => {
    const { pid, startTime } = processEntry(pidOf(name))!;
    return { pid, startTime };
  }) as [ProcessIdentity, ProcessIdentity, ProcessIdentity, ProcessIdentity];
  identities.push(first, grandchild, stranger, between);
  return { head: first, grandchild, stranger };
}

const alive = ({ head, grandchild, stranger }: Family): boolean[] =>
  [head, grandchild, stranger].map(isAlive);

it('a process is killed with what it and its children have started in its group, but for what has its own', async () => {
  const family = await startFamily();
  killFamily(family.head);
  await eventually(() => !isAlive(family.head) && !isAlive(family.grandchild));
  expect(alive(family)).toEqual([false, false, true]);
});

it('what a process has started is killed without it, and it is said whether there was anything', async () => {
  const family = await startFamily();
  expect(killDescendants(family.head.pid)).toBe(true);
  await eventually(() => !isAlive(family.grandchild));
  expect(alive(family)).toEqual([true, false, true]);
  await eventually(() => !killDescendants(family.head.pid));
});

it('nothing is killed in the place of a process whose number was given away', async () => {
  const family = await startFamily();
  killFamily({ ...family.head, startTime: '1' });
  expect(alive(family)).toEqual([true, true, true]);
});
