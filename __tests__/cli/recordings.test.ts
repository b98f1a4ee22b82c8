import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { call, header, marks, writeMarks, writeRecording } from '../recordings/upkeep/own-recordings';
import { OwnRuns } from './own-runs';

const runs = new OwnRuns();
const within = (...names: string[]): string => join(runs.directory, ...names);
const run = (...args: string[]): ReturnType<OwnRuns['run']> => runs.run('recordings', ...args);
const shown = (path: string): string => relative(runs.directory, path);
const read = (...args: string[]): unknown => JSON.parse(run('--json', ...args).out);

/** Writes a recording beside a spec file that is there. */
function recorded(
  file: string,
  ...given: Parameters<typeof writeRecording> extends [string, ...infer Rest] ? Rest : never
): string {
  mkdirSync(dirname(within(file)), { recursive: true });
  writeFileSync(within(file), '');
  return writeRecording(within(file), ...given);
}

/** Marks of a run that is just over. */
function showIn(file: string, changes: Parameters<typeof marks>[0] = {}): void {
  writeMarks(runs.directory, marks({ file, from: Date.now() + 1000, to: Date.now() + 2000, ...changes }));
}

describe('recordings', () => {
  it('lists all recordings below the working directory', () => {
    recorded('a.eval.js', header({ config: { size: 1 } }), [call('a'), call('b')]);
    recorded('deep/b.eval.js', header({ name: 'a \u001b[31mtest' }), [call('a')]);
    const { exit, out } = run();
    expect(exit).toBe(0);
    expect(out).toMatch(/│ a\.eval\.js +│ sums +│ fake:m \{"size":1\} │ +2 │ 1 kB │/);
    expect(out).toMatch(/│ deep\/b\.eval\.js │ a \\u001b\[31mtest +│ fake:m +│ +1 │/);
    expect(out).toMatch(/\n2 recordings of 2 spec files: 3 calls, \d kB\.\n$/);
  });

  it('lists them as JSON', () => {
    const path = recorded('a.eval.js', header(), [call('a')]);
    expect(read()).toEqual({
      recordings: [
        {
          path: shown(path),
          specFile: 'a.eval.js',
          name: 'sums',
          spec: 'fake:m',
          config: null,
          calls: 1,
          bytes: expect.any(Number) as number,
        },
      ],
      unreadable: [],
    });
  });

  it('says that there are none', () => {
    for (const args of [[], ['--check']])
      expect(run(...args)).toEqual({ exit: 0, out: 'There are no recordings.\n', err: '' });
    expect(run('--prune').out).toBe('Nothing is known to be unused.\n');
  });

  it('shows the others beside one that cannot be read, and fails', () => {
    recorded('a.eval.js', header());
    recorded('b.eval.js', header(), ['{']);
    const { exit, out } = run();
    expect([exit, out]).toEqual([
      1,
      expect.stringMatching(/│ a\.eval\.js [^]*\nLine 2 of the recording .* is none: it is no JSON/),
    ]);
  });
});

describe('what recordings is limited to', () => {
  const files = (...args: string[]): string[] =>
    (read(...args) as { recordings: { specFile: string }[] }).recordings.map(({ specFile }) => specFile);

  it('are spec files, folders, folders of recordings, recordings, and spec files that are gone', () => {
    const [a = ''] = ['a.eval.js', 'deep/a.eval.js', 'deep/b.eval.js'].map((file) =>
      recorded(file, header()),
    );
    writeRecording(within('gone.eval.js'), header());
    expect(files()).toHaveLength(4);
    expect(files('a.eval.js')).toEqual(['a.eval.js']);
    expect(files('deep', 'deep/a.eval.js')).toEqual(['deep/a.eval.js', 'deep/b.eval.js']);
    expect(files('deep/__recordings__')).toEqual(['deep/a.eval.js', 'deep/b.eval.js']);
    expect(files('deep/__recordings__/b.eval.js')).toEqual(['deep/b.eval.js']);
    expect(files(shown(a))).toEqual(['a.eval.js']);
    expect(files('gone.eval.js')).toEqual(['gone.eval.js']);
  });

  it('may have none', () => {
    writeFileSync(within('plain.test.js'), '');
    expect(run('plain.test.js')).toEqual({ exit: 0, out: 'There are no recordings.\n', err: '' });
  });

  it('is refused where there is nothing, with what is near', () => {
    recorded('models.eval.js', header());
    expect(run('model.eval.js')).toEqual({
      exit: 1,
      out: '',
      err: 'CONFIG_INVALID: There is no "model.eval.js": did you mean "models.eval.js"?\n',
    });
    expect(run('none/at/all').err).toBe(
      'CONFIG_INVALID: There is no "none/at/all": name a spec file or a folder, or none.\n',
    );
  });
});

describe('recordings --check', () => {
  it('says that nothing is wrong', () => {
    recorded('a.eval.js', header(), [call('a')]);
    expect(run('--check')).toEqual({ exit: 0, out: 'Checked 1 recording: nothing is wrong.\n', err: '' });
    expect(read('--check')).toEqual({ checked: 1, problems: [] });
  });

  it('lists all problems by file and line, and fails', () => {
    const a = recorded('a.eval.js', header(), [call('a'), call('a'), '{']);
    const b = writeRecording(within('b.eval.js'), header());
    expect(run('--check')).toEqual({
      exit: 1,
      out: [
        `${shown(a)}:3: it is the call of line 2 once more`,
        `${shown(a)}:4: it is no JSON`,
        `${shown(b)}:1: there is no b.eval.js beside which it could be`,
        'Checked 2 recordings: 3 problems in 2 of them.\n',
      ].join('\n'),
      err: '',
    });
    expect(read('--check')).toMatchObject({
      problems: [{ path: shown(a), line: 3 }, {}, { path: shown(b), line: 1 }],
    });
  });
});

describe('recordings --prune', () => {
  it('deletes what is unused, and says why', () => {
    const gone = writeRecording(within('gone.eval.js'), header());
    const old = recorded('a.eval.js', header({ name: 'old' }));
    const kept = recorded('a.eval.js', header());
    recorded('b.eval.js', header());
    showIn('a.eval.js');
    const say = (deleted: string): string =>
      [
        `${deleted} ${shown(old)}: a.eval.js had no "old" any more in the run mine.`,
        `${deleted} ${shown(gone)}: there is no gone.eval.js any more.`,
        'Left alone: b.eval.js: no run that is in .evals has shown what it uses; run it with EVALS_RECORDINGS=replay, auto or record.',
        `${deleted} 2 recordings.\n`,
      ].join('\n');
    expect(run('--prune', '--dry-run')).toEqual({ exit: 0, out: say('Would delete'), err: '' });
    expect([gone, old, kept].map((path) => existsSync(path))).toEqual([true, true, true]);
    expect(run('--prune')).toEqual({ exit: 0, out: say('Deleted'), err: '' });
    expect([gone, old, kept].map((path) => existsSync(path))).toEqual([false, false, true]);
  });

  it('says what it did as JSON', () => {
    const path = recorded('a.eval.js', header(), [call('a', { sample: 'a', trial: 0 })]);
    const other = recorded('a.eval.js', header({ spec: 'fake:judge' }));
    showIn('a.eval.js', { whole: ['sums'], used: { [path.split('/').at(-1) ?? '']: [] } });
    expect(read('--prune')).toEqual({
      isDryRun: false,
      unused: [
        {
          path: shown(other),
          specFile: 'a.eval.js',
          without: 'resource',
          run: 'mine',
          header: { name: 'sums', spec: 'fake:judge' },
        },
      ],
      partlyUsed: [{ path: shown(path), run: 'mine', attempts: [{ sample: 'a', trial: 0 }], calls: 1 }],
      unknown: [],
      unreadable: [],
    });
  });

  it('fails for a recording that cannot be read, which stays', () => {
    const path = recorded('a.eval.js', header({ name: 'old' }), ['{']);
    showIn('a.eval.js');
    expect(run('--prune')).toMatchObject({
      exit: 1,
      out: expect.stringContaining('is none: it is no JSON') as string,
    });
    expect(existsSync(path)).toBe(true);
  });

  it('is limited as the list is', () => {
    for (const file of ['a.eval.js', 'b.eval.js']) writeRecording(within(file), header());
    expect(run('--prune', 'a.eval.js').out).toContain('Deleted 1 recording.');
    expect(existsSync(within('__recordings__', 'b.eval.js'))).toBe(true);
  });

  it('is what a dry run is of, and goes without --check', () => {
    expect(run('--dry-run')).toMatchObject({
      exit: 1,
      err: "error: option '--dry-run' goes with '--prune'\n",
    });
    expect(run('--check', '--prune')).toMatchObject({
      exit: 1,
      err: expect.stringContaining("option '--check' cannot be used with option '--prune'") as string,
    });
  });
});
