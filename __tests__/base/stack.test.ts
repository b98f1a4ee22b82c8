import { resolve } from 'node:path';
import { callSite, readableStack } from '../../src/base/stack';

const own = `    at setup (${resolve(__dirname, '../../src/pattern/setup.js')}:12:19)`;
const environment = `    at async Owners.run (${resolve(__dirname, '../../preset/environment.js')}:49:20)`;
const user = '    at Object.<anonymous> (/home/you/p/a.eval.js:3:1)';
const esm = '    at async file:///home/you/p/a.eval.mjs:3:1';
const package_ = '    at Client.connect (/home/you/p/node_modules/pg/lib/client.js:12:3)';
const circus = '    at _callCircusHook (/home/you/p/node_modules/jest-circus/build/run.js:1:1)';
const expectation = '    at throwingMatcher (/home/you/p/node_modules/expect/build/index.js:1:1)';
const node = '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)';
const all = '    at async Promise.all (index 0)';

afterEach(() => delete process.env['JEST_MODEL_PROVIDER_STACKS']);

test.each([
  ['frames of this package are left out', [own, user, environment, circus], [user, circus]],
  [
    'frames of Jest and Node before the first of others too',
    [node, expectation, circus, user, node],
    [user, node],
  ],
  ['a package that has called stays', [own, package_, user], [package_, user]],
  ['a line of an ES module is one of the user', [own, circus, esm], [esm]],
  ['where there are no others, they stay', [own, all, environment, circus, node], [all, circus, node]],
])('%s', (_rule, frames, shown) => {
  expect(readableStack(['Error: x', ...frames].join('\n'), 'x')).toBe(['Error: x', ...shown].join('\n'));
});

test.each([
  ['nothing else is there', [own, circus, all, node], [user]],
  ['a package is there, before which it stands', [package_, own], [user, package_]],
  ['a line of the user is there, which is nearer', [own, esm], [esm]],
])('the origin leads if %s', (_when, frames, shown) => {
  const stack = readableStack(['Error: x', ...frames].join('\n'), 'x', [user]);
  expect(stack).toBe(['Error: x', ...shown].join('\n'));
});

test('lines of a message that look like frames stay', () => {
  const message = `first\n${own}\n${node}`;
  expect(readableStack(`Error: ${message}\n${own}\n${user}`, message)).toBe(`Error: ${message}\n${user}`);
});

test.each([
  ['Error', ''],
  ['Error: x', 'x'],
  ['changed', 'another message'],
  ['', ''],
])('a stack without frames stays: %j', (stack, message) => {
  expect(readableStack(stack, message)).toBe(stack);
});

test('a message that was changed later does no harm', () => {
  expect(readableStack(`Error: x\n${own}\n${user}`, 'y')).toBe(`Error: x\n${user}`);
});

test('all frames stay when they are asked for', () => {
  process.env['JEST_MODEL_PROVIDER_STACKS'] = 'full';
  const stack = ['Error: x', own, user, environment, circus].join('\n');
  expect(readableStack(stack, 'x')).toBe(stack);
});

test('a call site leads to who has called, and not to what this package did then', () => {
  const [first] = callSite()();
  expect(first).toContain(__filename);
});
