import { kinds, models, modes } from './kinds.mjs';

const columns = [
  ['kind', ({ title }) => title],
  ['trials', ({ trials }) => trials.length],
  ...modes.map((mode) => [`\`${mode}\``, ({ trials }) => count(trials, (trial) => trial.mode === mode)]),
  ['killed', ({ trials }) => count(trials, ({ isKilled }) => isKilled === true)],
  ['before', ({ trials }) => count(trials, ({ phase }) => phase === 'before')],
  ['during', ({ trials }) => count(trials, ({ phase }) => phase === 'during')],
  ['after', ({ trials }) => count(trials, ({ phase }) => phase === 'after')],
  [
    'left to the next run',
    ({ trials }) => count(trials, ({ hadLeft, sweptClean }) => hadLeft && sweptClean === true),
  ],
  ['survivors', ({ trials }) => count(trials, (trial) => has(trial, /^left:/))],
  [
    'survivors after the next run',
    ({ trials }) => count(trials, (trial) => has(trial, /^after the next run/)),
  ],
  ['wrong exit codes', ({ trials }) => count(trials, (trial) => has(trial, /exit code|main /))],
  ['crashes of Jest', ({ trials }) => count(trials, ({ hasFallen }) => hasFallen === true)],
  [
    'slowest cleanup',
    ({ trials }) => `${Math.round(Math.max(0, ...trials.map(({ cleanupMs }) => cleanupMs)))} ms`,
  ],
];

/** The counts of all trials as a Markdown table, one row a kind. */
export function countsTable(trials) {
  const rows = [['undisturbed', undefined], ...Object.keys(kinds).map((kind) => [kinds[kind].title, kind])]
    .map(([title, kind]) => ({ title, trials: trials.filter((trial) => trial.kind === kind) }))
    .filter((row) => row.trials.length > 0);
  return table([columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]);
}

/** How often each server was drawn, by kind. */
export function modelsTable(trials) {
  const rows = Object.keys(kinds)
    .map((kind) => [kinds[kind].title, trials.filter((trial) => trial.kind === kind)])
    .filter(([, ofKind]) => ofKind.length > 0)
    .map(([title, ofKind]) => [
      title,
      ...models.map((model) => count(ofKind, (trial) => trial.model === model)),
    ]);
  return table([['kind', ...models.map((model) => `\`${model}\``)], ...rows]);
}

/** The kinds of which no trial killed anything: they have shown nothing. */
export function idleKinds(trials) {
  const drawn = Object.keys(kinds).filter((kind) => trials.some((trial) => trial.kind === kind));
  return drawn.filter((kind) => !trials.some((trial) => trial.kind === kind && trial.isKilled));
}

function count(list, predicate) {
  return list.filter(predicate).length;
}

function has({ problems }, pattern) {
  return problems.some((problem) => pattern.test(problem));
}

function table([head, ...rows]) {
  const widths = head.map((_, index) => Math.max(...[head, ...rows].map((row) => String(row[index]).length)));
  const line = (cells) => `| ${cells.map((cell, index) => String(cell).padEnd(widths[index])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
