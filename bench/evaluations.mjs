// npm run bench:evals: what evaluating costs a sample: the same no-op task and exact match by a plain pool of
// promises, by this package with its log on, and by its peers. BENCH_SIZES and BENCH_ROUNDS choose how much;
// BENCH_PEERS is a folder with the peers, see bench/peers.mjs.
import Table from 'cli-table3';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { miniProject } from './mini-project.mjs';
import { quantile } from './paired.mjs';
import { peers } from './peers.mjs';
import { isSmoke, roundsOr, sized } from './size.mjs';

const sizes = (process.env.BENCH_SIZES ?? sized('1000,10000,100000', '10')).split(',').map(Number);
const rounds = roundsOr(5);
const limitMs = 300_000;
const jest = join(import.meta.dirname, '../node_modules/jest/bin/jest.js');

// A generator, so that no program holds the data set itself.
const rows = `function* rows() {
          const samples = Number(process.env.BENCH_SAMPLES);
          for (let n = 0; n < samples; n += 1) yield { question: 'question ' + n, answer: 'answer ' + n };
        }`;
const programs = {
  pool: {
    title: 'plain pool in Jest',
    files: {
      'pool.config.js': `module.exports = { testEnvironment: 'node', testMatch: ['**/pool.js'] };\n`,
      'pool.js': `
        ${rows}
        test('pool', async () => {
          const found = [];
          const shared = rows();
          const work = async () => {
            for (const row of shared) {
              const text = await Promise.resolve(row.question.replace('question', 'answer'));
              found.push(text.trim() === row.answer.trim());
            }
          };
          await Promise.all(Array.from({ length: 4 }, work));
          expect(found).toHaveLength(Number(process.env.BENCH_SAMPLES));
        }, 600_000);`,
    },
    command: [jest, '-i', '-c', 'pool.config.js'],
  },
  ours: {
    title: 'jest-model-provider',
    files: {
      'ours.config.js': `module.exports = { preset: 'jest-model-provider', testMatch: ['**/ours.js'] };\n`,
      'ours.js': `
        const { exactMatch, foreach, Result } = require('jest-model-provider');
        ${rows}
        foreach('question, answer', rows, async ({ question, answer }) => {
          const text = question.replace('question', 'answer');
          return new Result(text, exactMatch(text, answer));
        });`,
    },
    command: [jest, '-i', '-c', 'ours.config.js'],
  },
  ...peers(process.env.BENCH_PEERS),
};

const project = miniProject({});
const table = new Table({
  head: ['program', 'samples', 'CPU a sample', 'above the pool (min–max of rounds)', 'RSS above one sample'],
  style: { head: [], border: [] },
});
try {
  for (const [name, { files, modules }] of Object.entries(programs)) {
    mkdirSync(placeOf(name));
    if (modules !== undefined) symlinkSync(modules, join(placeOf(name), 'node_modules'));
    for (const [file, text] of Object.entries({ 'package.json': '{}', ...files }))
      writeFileSync(join(placeOf(name), file), text);
  }
  // The first run of each fills caches, so it is not counted.
  if (!isSmoke) for (const [name, program] of Object.entries(programs)) await run(name, program, 1);
  for (const size of sizes) await measure(size);
} finally {
  project.remove();
}
console.log(table.toString());

/** Each program in turn, round by round, so that a drift of the machine's speed affects all of them. */
async function measure(size) {
  const found = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, program] of Object.entries(programs)) {
      if (program.most !== undefined && size > program.most) continue;
      const [empty, full] = [await run(name, program, 1), await run(name, program, size)];
      const cpuMs = (full.cpuMs - empty.cpuMs) / (size - 1);
      found[name].push({ cpuMs, rssMb: full.rssMb - empty.rssMb });
      process.stderr.write(`${name} ${size} round ${round + 1}: ${cpuMs.toFixed(4)} ms\n`);
    }
  }
  for (const [name, runs] of Object.entries(found)) {
    if (runs.length === 0) continue;
    const above = runs.map(({ cpuMs }, round) => cpuMs - found.pool[round].cpuMs);
    table.push([
      programs[name].title ?? name,
      size.toLocaleString('en'),
      `${median(runs.map(({ cpuMs }) => cpuMs)).toFixed(4)} ms`,
      name === 'pool'
        ? '-'
        : `${median(above).toFixed(4)} ms (${Math.min(...above).toFixed(4)}–${Math.max(...above).toFixed(4)})`,
      `${median(runs.map(({ rssMb }) => rssMb)).toFixed(0)} MB`,
    ]);
  }
}

function median(values) {
  return quantile(values, 0.5);
}

/** Runs a program; resolves to the CPU time of all its Node processes, and the memory of the largest. */
async function run(name, { command, env = {} }, samples) {
  const usage = join(project.directory, 'usage.jsonl');
  writeFileSync(usage, '');
  rmSync(join(placeOf(name), '.evals'), { recursive: true, force: true });
  const child = spawn(process.execPath, command, {
    cwd: placeOf(name),
    env: {
      ...process.env,
      ...env,
      CI: 'true',
      NODE_OPTIONS: `--require ${join(import.meta.dirname, 'usage.cjs')}`,
      BENCH_USAGE: usage,
      BENCH_SAMPLES: String(samples),
    },
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.on('close', (exit, signal) => resolve(exit ?? signal)));
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output.slice(-4000)}`);
  const used = readFileSync(usage, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssMb: Math.max(...used.map(({ rssMb }) => rssMb)),
  };
}

function placeOf(name) {
  return join(project.directory, name);
}
