const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { foreach, Result } = require('jest-model-provider');

const numbers = Array.from({ length: 120 }, (_, number) => number);

foreach(
  'number',
  numbers,
  async (number, { sampleId, trial }) => {
    appendFileSync(process.env.RESUME_NOTES, `${sampleId}/${trial}\n`);
    await sleep((number * 7) % 23);
    return new Result(`${number}`, { name: 'odd', value: number % 2 === 1 });
  },
  { title: 'count', trials: 2, concurrency: 4 },
);
