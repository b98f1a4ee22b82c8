import { parse } from 'csv-parse/sync';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toUSVString } from 'node:util';
import { takeLock } from '../../src/process/os/lock-file';
import { packageVersion } from '../../src/base/version';
import type { SampleRecord } from '../../src/evals/log/log-record';
import { answers, OwnRuns } from './own-runs';

const runs = new OwnRuns();

describe('the command', () => {
  it('lists its commands, and says its version', () => {
    expect(runs.run('--help')).toMatchObject({ exit: 0, err: '' });
    const names = [
      'up',
      'status',
      'down',
      'doctor',
      'clean',
      'show',
      'compare',
      'export',
      'runs',
      'recordings',
    ];
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
      out: expect.stringMatching(/\n- The log .* is damaged: line 2 is not JSON/) as string,
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
      {
        ...{ model: 'a', code: 'beef', identity: { weights: 'x' }, dataset: { name: 'array', hash: 'y' } },
        prices: { a: { input: 1, output: 2 } },
      },
      answers(4, 16),
    );
    runs.write('new', { model: 'b' }, answers(4, 16));
    const { out } = runs.run('compare', 'old', 'new');
    expect(out).toContain(
      '- sums, a: other weights or another engine, another data set, other code of the evaluation, other prices',
    );
    expect(out).toContain('- sums, b: only in new');
    for (const run of ['old', 'new']) expect(out).toContain(`- sums, a: did not run to its end in ${run}`);
  });
});

describe('compare with recorded answers', () => {
  const asked = (count: number, replayed: boolean): Partial<SampleRecord>[] =>
    answers(count, 20 - count).map((each) => ({
      ...each,
      calls: [{ resource: 'a', ms: 1, cost: 1, ...(replayed && { replayed, cost: 0 }) }],
    }));
  const reason = (one: string, other: string): string =>
    `the answers of ${one} are recorded ones, and those of ${other} are not: have all replayed, or none, or allow it with compare --allow-replayed`;

  it('of two runs refuses those of which one is replayed and the other is not, and says what to do', () => {
    runs.write('old', { model: 'a' }, asked(4, false));
    runs.write('new', { model: 'a' }, [...asked(20, false), ...asked(1, true).slice(0, 1)]);
    expect(runs.run('compare', 'old', 'new')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^Nothing to compare\./) as string,
    });
    expect(runs.run('compare', 'old', 'new').out).toContain(`\n- sums, a: ${reason('new', 'old')}\n`);
    expect(JSON.parse(runs.run('compare', 'new', 'old', '--json').out)).toMatchObject({
      differences: [],
      notes: [`sums, a: ${reason('new', 'old')}`, expect.any(String), expect.any(String)],
    });
  });

  it('of two runs compares them if it is allowed, and says so', () => {
    runs.write('old', { model: 'a' }, asked(4, false));
    runs.write('new', { model: 'a' }, asked(20, true));
    const { exit, out } = runs.run('compare', 'old', 'new', '--allow-replayed');
    expect(exit).toBe(0);
    expect(out).toMatch(/│ sums, a +│ exactMatch +│ new − old +│ 80\.0 % /);
    expect(out).toContain(
      '\n- sums, a: compared though the answers of new are recorded ones, and those of old are not\n',
    );
    // Recorded answers have cost nothing, which is no price.
    expect(out).not.toContain('cost per sample');
    const { differences } = JSON.parse(
      runs.run('compare', 'old', 'new', '--allow-replayed', '--json').out,
    ) as {
      differences: object[];
    };
    expect(differences).toEqual([expect.objectContaining({ a: 'new', onlyReplayed: 'a' })]);
  });

  it('compares two runs that are both replayed, and two that are not, and says nothing of it', () => {
    for (const isReplayed of [true, false]) {
      runs.write('old', { model: 'a' }, asked(4, isReplayed));
      runs.write('new', { model: 'a' }, asked(20, isReplayed));
      const { out } = runs.run('compare', 'old', 'new');
      expect(out).toMatch(/│ new − old +│ 80\.0 % /);
      expect(out).not.toContain('recorded');
    }
  });

  it('of one run compares the live models with each other, and the replayed ones', () => {
    for (const [model, isReplayed] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const)
      runs.write('mine', { model }, asked(4, isReplayed));
    const { exit, out } = runs.run('compare', 'mine');
    expect(exit).toBe(0);
    expect(out).toContain('│ a − c');
    expect(out).not.toContain('b │');
    expect(out).toContain(`Not compared:\n- sums: ${reason('a, c', 'b')}`);
    const allowed = runs.run('compare', 'mine', '--allow-replayed').out;
    for (const pair of ['a − b', 'a − c', 'b − c']) expect(allowed).toContain(`│ ${pair}`);
    expect(allowed).not.toContain('Not compared');
    expect(allowed).toContain(
      'What to know of it:\n- sums: compared though the answers of a, c are recorded ones, and those of b are not\n',
    );
  });
});

describe('a log that cannot be read', () => {
  it('is named by show, compare and export, which fail and show all others', () => {
    for (const run of ['old', 'new']) {
      runs.write(run, { model: 'a' }, answers(3, 1));
      writeFileSync(join(runs.directory, '.evals', run, 'bad.jsonl'), 'nonsense\n');
    }
    const bad = /Logs that cannot be read.*\n- The log .*bad\.jsonl is damaged: line 1 is not JSON/;
    const [show, compare, models] = [
      ['show', 'old'],
      ['compare', 'old', 'new'],
      ['compare', 'old'],
    ].map((args) => runs.run(...args));
    expect(show).toMatchObject({ exit: 1, out: expect.stringMatching(bad) as string });
    expect(show?.out).toMatch(/│ sums +│ exactMatch +│ 4 +│/);
    expect(compare).toMatchObject({ exit: 1, out: expect.stringMatching(bad) as string });
    expect(compare?.out).toMatch(/│ sums, a +│/);
    expect(models).toMatchObject({ exit: 1, out: expect.stringMatching(bad) as string });
    const csv = runs.run('export', 'old', '--format', 'csv');
    expect(csv).toMatchObject({ exit: 1, err: expect.stringMatching(bad) as string });
    expect(csv.out.split('\n')).toHaveLength(6);
    const inspect = runs.run('export', 'old', '--format', 'inspect');
    expect(inspect).toMatchObject({ exit: 1, err: expect.stringMatching(bad) as string });
    expect(inspect.out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(runs.run('show', 'old', '--json').out)).toMatchObject({ unreadable: [{}] });
  });
});

describe('logs of other schemas', () => {
  const sum = { count: 2, latencyMs: 30, promptTokens: 7, completionTokens: 3 };

  it('are read by show, compare and export if they are earlier', () => {
    const old = answers(3, 1).map((each) => ({ ...each, calls: sum as never }));
    runs.write('old', { model: 'a', schema: 1 }, old);
    runs.write('new', { model: 'a' }, answers(3, 1));
    const shown = runs.run('show', 'old').out;
    expect(shown).toMatch(/│ sums +│ a +│ 4 +│ 15 ms +│ 15 ms +│ 100 +│/);
    // The run that they belong to cannot be continued.
    expect(shown).toMatch(/Logs: \S+$/m);
    expect(runs.run('show', 'new').out).toContain(', to be continued with EVALS_RUN=new');
    expect(runs.run('compare', 'old', 'new').exit).toBe(0);
    expect(runs.run('export', 'old', '--format', 'csv').out.split('\n')).toHaveLength(6);
    expect(runs.run('export', 'old', '--format', 'inspect').exit).toBe(0);
    const [log = ''] = readdirSync(join(runs.directory, '.evals/old/inspect'));
    const text = readFileSync(join(runs.directory, '.evals/old/inspect', log), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      samples: Array.from({ length: 4 }, () => ({ output: { usage: { total_tokens: 10 } } })),
    });
  });

  it('are refused if they are later, naming both versions', () => {
    runs.write('later', { schema: 3, packages: { 'jest-model-provider': '9.1.0' } }, []);
    const { out, exit } = runs.run('show', 'later');
    expect(exit).toBe(1);
    expect(out).toContain(`has schema 3, written by jest-model-provider 9.1.0; this is ${packageVersion}`);
  });
});

describe('export', () => {
  it('wants a format', () => {
    runs.write('mine', {}, answers(1, 0));
    expect(runs.run('export')).toMatchObject({ exit: 1, err: expect.stringContaining('--format') as string });
    expect(runs.run('export', '--format', 'xml').err).toContain('Allowed choices are csv, inspect, otlp.');
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
      {
        ...{ response: 'x', trial: 1, scores: [{ name: 'exactMatch', value: null }] },
        calls: [{ replayed: true }, {}, { replayed: true }].map((each) => ({
          resource: 'a',
          ms: 1,
          ...each,
        })),
      },
    ]);
    expect(runs.run('export', '--format', 'csv').out).toBe(
      [
        'file,evaluation,model,id,trial,index,location,input,response,error_kind,error,duration_ms,cost,replayed,exactMatch,depth',
        `sums.eval.ts,sums,a,id0,0,0,,"{""question"":""2 + 3"",""answer"":""5""}",'=1+1,,,12,,0,1,-0.5`,
        `sums.eval.ts,sums,a,id1,0,1,q.csv:3,"two, ""lines""\nhere",5,user,'@no,12,,0,,`,
        `sums.eval.ts,sums,a,id2,1,2,,"{""question"":""2 + 3"",""answer"":""5""}",x,,,12,,2,,`,
        '',
      ].join('\n'),
    );
    const file = join(runs.directory, 'out.csv');
    expect(runs.run('export', '--format', 'csv', '--output', file).out).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('sums.eval.ts,sums,a,id0');
  });

  it('to CSV is harmless and readable, whatever a text has in it', () => {
    const texts = [
      ['a\n=1+1\r\n \t@x\n-y', "a\n'=1+1\r\n \t'@x\n'-y"],
      ['\n=1+1', "\n'=1+1"],
      ['a\0b\u001b[31m\ud800 \uffff', 'a\ufffdb\ufffd[31m\ufffd \uffff'],
      ['-5\n5', "'-5\n5"],
    ];
    runs.write(
      'mine',
      { model: 'a' },
      texts.map(([response = '']) => ({ response, scores: [{ name: '=x', value: -1 }] })),
    );
    const rows = parse<Record<string, string>>(runs.run('export', '--format', 'csv').out, { columns: true });
    expect(rows.map((row) => row['response'])).toEqual(texts.map(([, text]) => text));
    expect(rows.map((row) => row["'=x"])).toEqual(texts.map(() => '-1'));
  });

  it('to Inspect has no half of a letter, and leaves all others as they are', () => {
    const response = '\\ud800 \\\ud800 \ud83d\ude00\udc00\0\uffff"';
    runs.write('mine', { model: 'a' }, [
      { response, input: { '\udfff': 'x' }, scores: [{ name: '\ud800', value: true }] },
    ]);
    expect(runs.run('export', '--format', 'inspect').exit).toBe(0);
    const folder = join(runs.directory, '.evals/mine/inspect');
    const [name = ''] = readdirSync(folder);
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).not.toMatch(/(?<!\\)(\\\\)*\\ud[89a-f]/i);
    expect(JSON.parse(text)).toMatchObject({
      samples: [
        {
          messages: [{ content: '{"\\udfff":"x"}' }, { content: toUSVString(response) }],
          scores: { '\ufffd': { value: true } },
        },
      ],
    });
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('to Inspect writes a file for each log, and prints their paths', () => {
    runs.write('mine', { model: 'a' }, [
      ...answers(1, 1),
      ...['length', 'content_filter', 'tool_calls', 'odd'].map((finishReason) => ({
        calls: [
          { resource: 'judge', ms: 1, finishReason: 'stop' },
          { resource: 'a', ms: 1, finishReason, usage: { promptTokens: 2, completionTokens: 3 } },
        ],
      })),
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
        ...['max_tokens', 'content_filter', 'tool_calls', 'unknown'].map((stop_reason) => ({
          output: {
            choices: [{ stop_reason }],
            usage: { input_tokens: 2, output_tokens: 3, total_tokens: 5 },
          },
        })),
        { id: 'id6', error: { message: 'timeout: late' } },
      ],
    });
  });
});

describe('runs', () => {
  const names = (): string[] => readdirSync(join(runs.directory, '.evals')).sort();
  /** Writes three runs, the first one being the oldest. */
  const writeThree = (): void => {
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      const log = runs.write(name, {}, answers(1, 0));
      writeFileSync(log.replace('.jsonl', '.calls.ndjson'), '{}\n');
      utimesSync(log, index + 1, index + 1);
    }
  };

  it('are listed, the latest first', () => {
    writeThree();
    const { out, exit } = runs.run('runs', '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      runs: [
        { run: 'third', at: '1970-01-01T00:00:03.000Z', logs: 1 },
        { run: 'second', logs: 1 },
        { run: 'first', logs: 1 },
      ],
      removed: [],
      inUse: [],
    });
    expect(runs.run('runs').out).toMatch(/run .*last written[^]*third[^]*1970-01-01 00:00:03[^]*first/);
    expect(names()).toEqual(['first', 'second', 'third']);
  });

  it('that are named are deleted with all that is in their folders', () => {
    writeThree();
    expect(runs.run('runs', '--remove', 'first', 'third')).toMatchObject({ exit: 0, err: '' });
    expect(names()).toEqual(['second']);
    expect(runs.run('runs', '--remove', 'second').out).toBe(
      'Deleted the run second.\nThere is no run in .evals.\n',
    );
  });

  it.each(['secnd', '../x', '.', '.evals/second'])(
    'that are not there, such as %p, are refused, and nothing is deleted',
    (name) => {
      writeThree();
      expect(runs.run('runs', '--remove', 'first', name)).toMatchObject({
        exit: 1,
        err: expect.stringContaining(`CONFIG_INVALID: There is no run "${name}"`) as string,
      });
      expect(names()).toEqual(['first', 'second', 'third']);
    },
  );

  it('but the latest are deleted', () => {
    writeThree();
    expect(runs.run('runs', '--keep', '2').out).toContain('Deleted the run first.');
    expect(names()).toEqual(['second', 'third']);
    expect(runs.run('runs', '--keep', '5')).toMatchObject({ exit: 0 });
    expect(names()).toEqual(['second', 'third']);
  });

  it.each(['0', '-1', '1.5', 'all'])('are not deleted for a number that is none, such as %p', (number) => {
    writeThree();
    expect(runs.run('runs', '--keep', number)).toMatchObject({
      exit: 1,
      err: expect.stringContaining('whole number of at least 1') as string,
    });
    expect(runs.run('runs', '--keep', '1', '--remove', 'first').exit).toBe(1);
    expect(names()).toEqual(['first', 'second', 'third']);
  });

  it('that Jest is writing stay, and the command fails', () => {
    writeThree();
    const { unlock } = takeLock(join(runs.directory, '.evals/first/.lock'));
    const { exit, out } = runs.run('runs', '--keep', '1');
    unlock?.();
    expect(exit).toBe(1);
    expect(out).toContain('The run first stays: Jest may be writing it just now.');
    expect(names()).toEqual(['first', 'third']);
  });
});
