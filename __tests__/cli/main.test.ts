import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../src/pattern/version';
import { answers, OwnRuns } from './own-runs';

const runs = new OwnRuns();

describe('the command', () => {
  it('lists its commands, and says its version', () => {
    expect(runs.run('--help')).toMatchObject({ exit: 0, err: '' });
    const names = ['up', 'status', 'down', 'doctor', 'clean', 'show', 'compare', 'export'];
    for (const name of names) expect(runs.run('--help').out).toContain(`  ${name} `);
    expect(runs.run('--version').out).toBe(`${packageVersion}\n`);
  });

  it('without a command shows its help and fails', () => {
    expect(runs.run()).toMatchObject({ exit: 1, err: expect.stringContaining('Commands:') as string });
  });

  it('refuses an unknown command, and proposes the right one', () => {
    expect(runs.run('shwo')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('Did you mean show?') as string,
    });
  });
});

describe('a run', () => {
  it('is the latest without a name', () => {
    const old = runs.write('old', { title: 'first' }, answers(1, 0));
    utimesSync(old, 1, 1);
    runs.write('new', { title: 'second' }, answers(1, 0));
    const { out } = runs.run('show');
    expect(out).toContain('second');
    expect(out).not.toContain('first');
  });

  it('can be named by its folder', () => {
    runs.write('mine', {}, answers(1, 0));
    expect(runs.run('show', '.evals/mine')).toMatchObject({ exit: 0, err: '' });
    expect(runs.run('show', join(runs.directory, '.evals', 'mine'))).toMatchObject({ exit: 0 });
  });

  it('that is not there is refused with those that are', () => {
    runs.write('nightly', {}, answers(1, 0));
    expect(runs.run('show', 'nigthly')).toEqual({
      exit: 1,
      out: '',
      err: 'CONFIG_INVALID: There is no run "nigthly": did you mean "nightly"?\n',
    });
    expect(runs.run('show', 'other').err).toBe(
      'CONFIG_INVALID: There is no run "other": there are nightly.\n',
    );
  });

  it('is missed with advice where there is none at all', () => {
    const err = expect.stringMatching(
      /^CONFIG_INVALID: There is no run in .*\.evals; run your evaluations/,
    ) as string;
    expect(runs.run('show')).toEqual({ exit: 1, out: '', err });
    expect(runs.run('show', 'any').err).toContain('there is no run in ');
  });

  it('with a damaged log is refused by its line', () => {
    const path = runs.write('bad', {}, [{ response: 'x' }]);
    const text = readFileSync(path, 'utf8').replace('"response"', 'response');
    writeFileSync(path, text);
    expect(runs.run('show', 'bad')).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^LOG_INVALID: The log .* is damaged: line 2 is not JSON/) as string,
    });
  });
});

describe('show', () => {
  it('prints the matrix, differences and worst samples of a run', () => {
    runs.write('mine', { model: 'a' }, answers(20, 0));
    runs.write('mine', { model: 'b' }, answers(4, 16));
    const { out } = runs.run('show', 'mine');
    expect(out).toMatch(/│ sums +│ exactMatch │ 20 +│ 100\.0 % \(83\.9 %–100\.0 %\), interrupted │ 20\.0 %/);
    expect(out).toMatch(/│ a − b .*│ a +│/);
    expect(out).toContain('The worst samples:');
    expect(out).toContain('Logs: .evals/mine, to be continued with EVALS_RUN=mine');
  });

  it('prints JSON for programs', () => {
    runs.write('mine', { model: 'a' }, answers(3, 1));
    const report = JSON.parse(runs.run('show', '--json').out) as { evaluations: { summary: object }[] };
    expect(report.evaluations[0]?.summary).toMatchObject({ samples: 4, scores: [{ mean: 0.75 }] });
  });

  it('lets no log write to the terminal but text', () => {
    runs.write('mine', { title: 'a\u001b[2Jb', model: 'm\u0007' }, [
      { response: '\u001b]0;x\u0007', scores: [{ name: 's', value: false }] },
    ]);
    const { out } = runs.run('show');
    expect(out).toContain('a');
    for (const control of ['\u001b', '\u0007']) expect(out).not.toContain(control);
  });
});

describe('compare', () => {
  it('of one run compares its models', () => {
    runs.write('mine', { model: 'a' }, answers(20, 0));
    runs.write('mine', { model: 'b' }, answers(4, 16));
    expect(runs.run('compare', 'mine').out).toMatch(/│ a − b .*│ a +│/);
  });

  it('of one run with one model says that there is nothing to compare', () => {
    runs.write('mine', { model: 'a' }, answers(2, 0));
    expect(runs.run('compare', 'mine').out).toBe('No evaluation of this run has two models to compare.\n');
  });

  it('of two runs compares each evaluation and model with itself, on the common samples', () => {
    runs.write('old', { model: 'a' }, answers(4, 16));
    runs.write('new', { model: 'a' }, answers(24, 0));
    const { out } = runs.run('compare', 'old', 'new');
    expect(out).toMatch(/│ sums, a +│ exactMatch +│ new − old +│ 80\.0 % .*│ 20 +│ new +│/);
    const { differences } = JSON.parse(runs.run('compare', 'old', 'new', '--json').out) as {
      differences: object[];
    };
    expect(differences).toEqual([expect.objectContaining({ a: 'new', b: 'old', n: 20, difference: 0.8 })]);
  });

  it('of a run with itself is refused', () => {
    runs.write('mine', {}, answers(1, 0));
    expect(runs.run('compare', 'mine', '.evals/mine')).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^CONFIG_INVALID: Both runs are .*mine; name two different ones/) as string,
    });
  });

  it('of two runs says what else differs, and what only one has', () => {
    runs.write('old', { model: 'a' }, answers(4, 16));
    runs.write(
      'new',
      { model: 'a', code: 'beef', identity: { weights: 'x' }, dataset: { name: 'array', hash: 'y' } },
      answers(4, 16),
    );
    runs.write('new', { model: 'b' }, answers(4, 16));
    const { out } = runs.run('compare', 'old', 'new');
    expect(out).toContain(
      '- sums, a: other weights or another engine, another data set, other code of the evaluation',
    );
    expect(out).toContain('- sums, b: only in new');
    for (const run of ['old', 'new']) expect(out).toContain(`- sums, a: did not run to its end in ${run}`);
  });
});

describe('export', () => {
  it('wants a format', () => {
    runs.write('mine', {}, answers(1, 0));
    expect(runs.run('export')).toMatchObject({ exit: 1, err: expect.stringContaining('--format') as string });
    expect(runs.run('export', '--format', 'xml').err).toContain('Allowed choices are csv, inspect.');
  });

  it('to CSV has a line a trial, a column a score, and no formula', () => {
    runs.write('mine', { model: 'a' }, [
      {
        response: '=1+1',
        scores: [
          { name: 'exactMatch', value: true },
          { name: 'depth', value: -0.5 },
        ],
      },
      {
        input: 'two, "lines"\nhere',
        location: 'q.csv:3',
        scores: [],
        error: { kind: 'user', message: '@no' },
      },
      { response: 'x', trial: 1, scores: [{ name: 'exactMatch', value: null }] },
    ]);
    expect(runs.run('export', '--format', 'csv').out).toBe(
      [
        'file,evaluation,model,id,trial,index,location,input,response,error_kind,error,duration_ms,exactMatch,depth',
        `sums.eval.ts,sums,a,id0,0,0,,"{""question"":""2 + 3"",""answer"":""5""}",'=1+1,,,12,1,-0.5`,
        `sums.eval.ts,sums,a,id1,0,1,q.csv:3,"two, ""lines""\nhere",5,user,'@no,12,,`,
        `sums.eval.ts,sums,a,id2,1,2,,"{""question"":""2 + 3"",""answer"":""5""}",x,,,12,,`,
        '',
      ].join('\n'),
    );
    const file = join(runs.directory, 'out.csv');
    expect(runs.run('export', '--format', 'csv', '--output', file).out).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('sums.eval.ts,sums,a,id0');
  });

  it('to Inspect writes a file for each log, and prints their paths', () => {
    runs.write('mine', { model: 'a' }, [
      ...answers(1, 1),
      { scores: [], error: { kind: 'timeout', message: 'late' } },
    ]);
    runs.write('mine', { model: 'b' }, answers(2, 0));
    const { out, exit } = runs.run('export', '--format', 'inspect');
    expect(exit).toBe(0);
    const folder = join(runs.directory, '.evals/mine/inspect');
    const names = readdirSync(folder);
    expect(names).toHaveLength(2);
    expect(out.trim().split('\n').sort()).toEqual(names.map((name) => join(folder, name)).sort());
    const [first] = names
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object);
    expect(first).toMatchObject({
      version: 2,
      status: 'cancelled',
      eval: { task: 'sums', model: 'embedded:expert' },
      samples: [
        { id: 'id0', epoch: 1, scores: { exactMatch: { value: true } } },
        { id: 'id1', scores: { exactMatch: { value: false } } },
        { id: 'id2', error: { message: 'timeout: late' } },
      ],
    });
  });
});
