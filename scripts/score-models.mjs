// npm run models:score: scores the embedded models on their held-out prompts and prints the table of
// models/README.md. With --check it fails if the README says something else.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { modelProviders } = require('../dist/src/index.js');
const { wilsonInterval } = require('../dist/src/evals/statistics/wilson.js');
const pLimit = require('p-limit');

const models = ['novice', 'expert'];
const files = ['heldout', 'recall'].map((name) => ({ name: `${name}.jsonl`, prompts: readPrompts(name) }));

const correct = Object.fromEntries(
  await Promise.all(models.map(async (model) => [model, await idsAnswered(model)])),
);
const table = formatTable(files.flatMap(rowsOf));
console.log(table);
if (process.argv.includes('--check')) check();

function readPrompts(name) {
  const text = readFileSync(new URL(`../models/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The ids of the prompts to which `model` gives exactly the expected answer. */
async function idsAnswered(model) {
  const handle = await modelProviders.setup(`embedded:${model}`);
  const limit = pLimit(4);
  const ask = async ({ id, prompt, expected }) => {
    const { text } = await handle.client.generate(prompt, { temperature: 0, maxTokens: 32 });
    return text === expected ? [id] : [];
  };
  try {
    const prompts = files.flatMap((file) => file.prompts);
    const ids = await Promise.all(prompts.map((prompt) => limit(() => ask(prompt))));
    return new Set(ids.flat());
  } finally {
    await handle.teardown();
  }
}

/** A row for the whole file, then one for each task. */
function rowsOf({ name, prompts }) {
  const tasks = [...new Set(prompts.map(({ task }) => task))];
  const bold = (text) => `**${text}**`;
  const whole = [
    bold(name),
    bold(number(prompts.length)),
    ...models.map((model) => score(model, prompts, bold)),
    '',
  ];
  const perTask = tasks.map((task) => {
    const own = prompts.filter((prompt) => prompt.task === task);
    return [
      task,
      number(own.length),
      ...models.map((model) => score(model, own)),
      `${(100 * shareOfCommonest(own)).toFixed(1)} %`,
    ];
  });
  return [whole, ...perTask];
}

function score(model, prompts, emphasize = (text) => text) {
  const n = prompts.length;
  const hits = prompts.filter(({ id }) => correct[model].has(id)).length;
  const { low, high } = wilsonInterval(hits, n);
  return `${emphasize(`${percent(hits / n)} %`)} (${number(hits)}; ${percent(low)}–${percent(high)})`;
}

function shareOfCommonest(prompts) {
  const counts = new Map();
  for (const { expected } of prompts) counts.set(expected, (counts.get(expected) ?? 0) + 1);
  return Math.max(...counts.values()) / prompts.length;
}

function percent(share) {
  return (100 * share).toFixed(1).replace(/^100\.0$/, '100');
}

function number(value) {
  return value.toLocaleString('en');
}

/** A Markdown table as prettier writes it. */
function formatTable(rows) {
  const cells = [['prompts', 'n', ...models, 'always the same answer'], ...rows];
  const isRight = [false, true, false, false, true];
  const widths = isRight.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (isRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (isRight[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(cells[0]), line(rule), ...cells.slice(1).map(line)].join('\n');
}

function check() {
  const readme = readFileSync(new URL('../models/README.md', import.meta.url), 'utf8').split('\n');
  const missing = table.split('\n').filter((line) => !readme.includes(line));
  for (const line of missing) console.log(`not in models/README.md: ${line}`);
  console.log(missing.length === 0 ? 'models/README.md says the same.' : `${missing.length} lines differ.`);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
