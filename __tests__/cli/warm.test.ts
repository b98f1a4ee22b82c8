import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { thisMachine } from '../../src/process/os/machine';
import { Ledger, ledgerDirectory } from '../../src/process/ledger/ledger';
import { WarmPlaces, type Status } from '../e2e/warm-places';
import { eventually } from '../support/eventually';

const places = new WarmPlaces();
const nothing = 'No supervisor is running: nothing is warm. Start one with jest-model-provider up <spec>.\n';

test('without a supervisor status says so, down has nothing to do, and both are no failure', () => {
  expect(places.command('status')).toEqual({ exit: 0, out: nothing, err: '' });
  expect(places.json('status')).toEqual({ supervisor: null });
  expect(places.command('down')).toEqual({
    exit: 0,
    out: 'Nothing was warm; no supervisor is running.\n',
    err: '',
  });
  expect(places.json('down')).toEqual({ stopped: [], supervisor: null });
});

test('up says what is warm, a second one adds to it, and down ends one or all', () => {
  const first = places.command('up', 'embedded:expert', '--ttl', '30m');
  expect(first.out).toMatch(
    /^embedded:expert is warm, ready after [\d.]+ s\nThe supervisor \(pid \d+\) ends 30 min after the last use; jest-model-provider down ends it now\.\n$/,
  );
  const second = places.up('embedded:expert', 'embedded:novice');
  expect(second).toMatchObject({ loaded: ['embedded:novice'], supervisor: { ttlMs: 3_600_000 } });
  expect(second.supervisor.resources.map(({ spec }) => spec)).toEqual(['embedded:expert', 'embedded:novice']);
  expect(places.command('status').out).toMatch(
    // Of an hour some seconds are gone, or a minute where the machine is slow.
    /^supervisor \(pid \d+\) of .*my project: ends in (?:60|5\d(?:\.\d)?) min if nobody uses it\n┌.*│ embedded:expert │ +│ +[\d.]+ s │ \d+ +│ +│\n/s,
  );
  expect(places.command('down', 'embedded:novice').out).toBe(
    'Ended embedded:novice; still warm: embedded:expert.\n',
  );
  expect(places.json('down', 'embedded:expert')).toEqual({ stopped: ['embedded:expert'], supervisor: null });
  expect(places.left()).toEqual([]);
});

test.each([
  [['up', 'expert'], 'SPEC_INVALID: Resource spec "expert" must be "provider:name"'],
  [
    ['up', 'embeded:expert'],
    'PROVIDER_UNKNOWN: Unknown provider "embeded" in "embeded:expert". Did you mean',
  ],
  [['up', 'embedded:expret'], 'CONFIG_INVALID: There is no embedded model "expret". Did you mean'],
  [['up', '{"spec":'], 'SPEC_INVALID: {"spec": is no JSON of { spec, config }: '],
  [['up', 'embedded:my model.gguf'], 'GGUF_INVALID: The GGUF file '],
  [['up'], "error: missing required argument 'spec'"],
  [
    ['up', 'embedded:expert', '--ttl', '5'],
    "error: option '--ttl <duration>' argument '5' is invalid. It must be",
  ],
  [
    ['up', 'embedded:expert', '--config', 'none.js'],
    'CONFIG_INVALID: The configuration of Jest cannot be read: ',
  ],
])('%j fails with its cause, and leaves nothing', (args, message) => {
  const { exit, out, err } = places.command(...args);
  expect({ exit, out }).toEqual({ exit: 1, out: '' });
  expect(err).toContain(message);
  expect(places.left()).toEqual([]);
});

test('two commands at once start one supervisor', async () => {
  const ends = await Promise.all([
    places.commandAside('up', 'embedded:expert', '--json'),
    places.commandAside('up', 'embedded:novice', '--json'),
  ]);
  const pids = ends.map(({ out }) => (JSON.parse(out) as { supervisor: Status }).supervisor.pid);
  expect(pids[0]).toBe(pids[1]);
  expect(places.status().resources).toHaveLength(2);
  places.json('down');
  expect(places.left()).toEqual([]);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
  'a supervisor that gets %s leaves nothing',
  async (signal) => {
    process.kill(places.up('embedded:novice').supervisor.pid, signal);
    await eventually(() => places.left().length === 0);
    expect(places.json('status')).toEqual({ supervisor: null });
  },
);

test('a missing program is told as in a run', () => {
  copyFileSync(join(__dirname, '../../models/novice.gguf'), join(places.project, 'my model.gguf'));
  places.write({
    'jest.config.json': JSON.stringify({ testEnvironmentOptions: { modelProviders: './providers.js' } }),
    'providers.js': `
      const { defineProviders, LlamaServerProvider } = require('jest-model-provider');
      module.exports = defineProviders({ llama: new LlamaServerProvider({ command: '/nowhere/llama-server' }) });`,
  });
  expect(places.command('up', 'llama:my model.gguf')).toMatchObject({
    exit: 1,
    err: expect.stringMatching(
      /^COMMAND_NOT_FOUND: Command "\/nowhere\/llama-server" cannot be started: .* does not exist\. Install/,
    ) as string,
  });
  expect(places.left()).toEqual([]);
});

test('clean removes what a session left whose main process and guardian are dead', () => {
  const dead = { pid: 999_999, startTime: '1' };
  const directory = ledgerDirectory(join(places.env['XDG_STATE_HOME'] ?? '', 'jest-model-provider'));
  const ledger = new Ledger(join(directory, 'dead.jsonl'));
  ledger.append({
    type: 'session',
    version: 1,
    session: 'dead',
    ...thisMachine(),
    bootId: 'another',
    owner: dead,
    directory: '/tmp/jmp-dead',
  });
  const found = places.command('doctor');
  expect(found.exit).toBe(1);
  expect(found.out).toMatch(
    /problem {2}sessions +1 dead sessions, 0 living sessions in .*\n +jest-model-provider clean ends/,
  );
  expect(places.json('clean')).toEqual({ sessions: ['dead'], processes: [], remaining: [], unknown: [] });
  expect(places.command('clean')).toEqual({ exit: 0, out: 'No dead session was found.\n', err: '' });
  expect(places.left()).toEqual([]);
  rmSync(ledger.path, { force: true });
});
